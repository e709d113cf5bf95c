"""Whether the portal works: signs of life, what machines ask, and what people are told.

`signs` are written by the worker and read by all the rest; `checks` look at each part, `answering`
tells machines, `trouble` tells staff in a sentence, `page` shows everything to those who operate.
"""
