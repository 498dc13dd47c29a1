"""Away to another site with what must not stand in an address: a page whose form is sent by itself.

An ID token names a person by identity number, and addresses are kept in histories and logs. The end-session endpoint takes
a form by POST as well (OpenID Connect RP-Initiated Logout 1.0, 2). Where no script runs there is a button.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from html import escape

from starlette.responses import HTMLResponse, Response

from akson.kit.text import text

SCRIPT = "document.forms[0].submit()"
ALLOWED = b64encode(sha256(SCRIPT.encode()).digest()).decode()
# form-action is not named: browsers hold it for all that the other site leads on to, which is its own affair.
HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; script-src 'sha256-{ALLOWED}'; style-src 'self'; img-src 'self';"
    " font-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def sign_out_at(
    endpoint: str, form: Mapping[str, str], language: str, stylesheets: Sequence[str] = ()
) -> Response:
    """The page that signs out at another site: `form` goes to its end-session endpoint, and the browser with it."""
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in form.items()
    )
    sheets = "".join(f'<link rel="stylesheet" href="{escape(each)}">' for each in stylesheets)
    title = escape(text("trust.leaving", language))
    page = (
        f'<!doctype html><html lang="{language}" data-color-scheme="light" data-size="sm"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>{sheets}</head>'
        f'<body class="plain"><main id="content"><h1>{title}</h1><form method="post" action="{escape(endpoint)}">{fields}'
        f'<button class="ds-button" type="submit">{escape(text("trust.leaving_go", language))}</button></form></main>'
        f"<script>{SCRIPT}</script></body></html>"
    )
    return HTMLResponse(page, headers={**HEADERS, "Content-Language": language})
