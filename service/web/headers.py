"""Security headers, the same on every answer unless a page has set its own."""

from collections.abc import Container

from flask import Flask, Response, request

_PREFLIGHT = {
    "Access-Control-Allow-Headers": "Authorization, Content-Type, MCP-Protocol-Version, Mcp-Method, Mcp-Name",
    "Access-Control-Max-Age": "86400",
}


def install(app: Flask, *, https: bool, cors: Container[str]) -> None:
    """CORS names the endpoints that a script of any other origin may call; none of them looks at a cookie."""
    headers = {
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin-allow-popups",  # the sign-in popup talks to its opener
        "Cache-Control": "no-store",
    }
    if https:
        headers["Strict-Transport-Security"] = "max-age=63072000"

    @app.after_request
    def add(response: Response) -> Response:
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        if _endpoint(app) in cors:
            response.headers["Access-Control-Allow-Origin"] = "*"
            response.headers["Access-Control-Expose-Headers"] = "WWW-Authenticate"
            if request.method == "OPTIONS":
                response.status_code = 204
                response.headers["Access-Control-Allow-Methods"] = response.headers.pop("Allow")
                response.headers.update(_PREFLIGHT)
        return response


def _endpoint(app: Flask) -> str | None:
    """What answers at the request's path, also where it does not take the request's method."""
    for method in getattr(request.routing_exception, "valid_methods", None) or ():
        found: str = app.url_map.bind("").match(request.path, method)[0]
        return found
    return request.endpoint
