"""A plugin of proxy.py: names below .test are this machine, and known to the proxy alone; other names go nowhere."""

from __future__ import annotations

from proxy.http.exception import HttpRequestRejected
from proxy.http.proxy import HttpProxyBasePlugin


class Names(HttpProxyBasePlugin):
    """Looks names up in place of the system, and keeps one host away."""

    def before_upstream_connection(self, request):
        """The policy of this network."""
        if request.host == b"forbidden.test":
            raise HttpRequestRejected(403, b"Forbidden", body=b"<html>Not from here</html>")
        return request

    def resolve_dns(self, host, port):
        """Where a host is."""
        return ("127.0.0.1" if host.endswith(".test") else "127.255.255.254"), None
