"""The demonstration's identity provider: a second, small Django process. Never part of a real one.

It speaks real OpenID Connect (authorization code with PKCE, signed ID tokens, userinfo), so the
portal needs no back door to be shown. Instead of asking for a password it lets the visitor choose
one of a few made-up persons. It starts only with PORTAL_DEMO, which the portal's settings refuse
together with a real provider or a host other than this machine.

Start it with `python -m exchange_portal.demo_idp [--port N]`.
"""
