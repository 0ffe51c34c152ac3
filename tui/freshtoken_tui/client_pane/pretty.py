"""Bodies of the wire for reading: JSON and XML indented, a SOAP envelope without its frame. What is
no such text stays as it is.
"""

from __future__ import annotations

import json
import re

PARTS = re.compile(r"(<[^<>]+>)")
FRAME = re.compile(r"<\??/?(?:[\w.-]+:)?(?:xml|Envelope|Body|Header)\b[^<>]*>")
"""Tags of a SOAP message around what it says."""
NAMESPACE = re.compile(r"\s+(?:xmlns(?::[\w.-]+)?|xsi:type|xsi:nil)=(?:\"[^\"]*\"|'[^']*')")


def folded(body: str) -> str:
    """A body with an element or a value a line; of a SOAP message the inside of its envelope,
    without namespaces. Nothing but that is left out.
    """
    text = body.strip()
    if text.startswith("<"):
        return _indented(NAMESPACE.sub("", FRAME.sub("", text)))
    if text[:1] in ("{", "["):
        try:
            return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
        except (ValueError, RecursionError):
            return body
    return body.replace("&", "\n&") if "=" in body else body


def _indented(text: str) -> str:
    """XML with an element a line. Broken XML comes out broken, with nothing lost."""
    lines: list[str] = []
    depth, before = 0, ""
    for part in PARTS.split(text):
        if not part.strip():
            continue
        closes, opens = part.startswith("</"), part.startswith("<")
        leaf = (closes and before == "open") or (not opens and before == "open")
        depth -= closes
        if leaf and lines:
            lines[-1] += part if opens else part.strip()
        elif closes and before == "text" and lines:
            lines[-1] += part
        else:
            lines.append("  " * max(0, depth) + part.strip())
        alone = part.endswith("/>") or part.startswith(("<?", "<!"))
        depth += opens and not closes and not alone
        before = "close" if closes or alone else "open" if opens else "text"
    return "\n".join(lines)
