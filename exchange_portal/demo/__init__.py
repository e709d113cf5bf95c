"""The demonstration's content: made-up students, their papers, and one past round of ERASMUS.

Everything goes through the portal's own doors (`lifecycle`, `selection`, the real worker); only
the wiping and the setting back of a round reach behind them. Nothing here runs without
PORTAL_DEMO.
"""
