"""What portal.py is made of: packages, servers and processes on one machine.

Standard library only, and no import from outside this package: it runs before anything is
installed, by a Python that has neither Django nor Celery (docs/adr/0005-launcher.md).
"""
