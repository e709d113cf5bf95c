#!/bin/sh
# Runs before nginx: writes whom X-Forwarded-For and X-Forwarded-Proto are believed from, as nginx
# wants it said. With the certificate here nobody is; with it outside somebody has to be.
set -eu

refuse() {
  echo "PORTAL_TRUSTED_PROXIES $1" >&2
  exit 1
}

trusted=
if [ "$PORTAL_TLS" = outside ]; then
  trusted=$(printf '%s' "${PORTAL_TRUSTED_PROXIES:-}" | tr ',' ' ')
  [ -n "$(printf '%s' "$trusted" | tr -d ' ')" ] ||
    refuse "must name the proxy that has the certificate (PORTAL_TLS=outside)."
fi
# Nothing in it is a pattern for files.
set -f
for one in $trusted; do
  case $one in
    */0) refuse "must not name the whole world: $one." ;;
    *[!0-9a-fA-F.:/]*) refuse "takes addresses and networks, such as 192.0.2.7 or 10.1.0.0/24: $one." ;;
  esac
done
{
  echo 'geo $realip_remote_addr $portal_proxy {'
  echo '  default 0;'
  for one in $trusted; do echo "  $one 1;"; done
  echo '}'
  for one in $trusted; do echo "set_real_ip_from $one;"; done
} >"$PORTAL_NGINX_RUN/proxies.conf"
