"""Walks the sign-in pages as a person would, with this language's own client, cookies and HTML reader.

As a program it is the browser of an app that opens one: `pages.py URL` ends at the app's own callback. The person
and the password are those of the environment.
"""

import asyncio
import os
import sys
from html.parser import HTMLParser
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx2

# The app may still be about to listen when its browser comes back.
PATIENCE = 60.0


class FirstForm(HTMLParser):
    """The first form of a page: where it goes and what it sends when its first button is pressed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action: str | None = None
        self.fields: list[tuple[str, str]] = []
        self._open = False
        self._pressed = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "form" and self.action is None:
            self.action = attributes.get("action") or ""
            self._open = True
        if not self._open:
            return
        name, value = attributes.get("name"), attributes.get("value") or ""
        if tag == "input" and name and (attributes.get("type") != "checkbox" or "checked" in attributes):
            self.fields.append((name, value))
        if tag == "button" and not self._pressed:
            self._pressed = True
            if name:
                self.fields.append((name, value))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = False


async def walk(start: str) -> str:
    """From an authorization URL to the app's redirect URI, whose address with its parameters is returned."""
    redirect_uri = parse_qs(urlsplit(start).query)["redirect_uri"][0]
    typed = {"username": os.environ["PERSON"], "password": os.environ["PASSWORD"]}
    async with httpx2.AsyncClient(follow_redirects=False, timeout=PATIENCE) as browser:
        request = browser.build_request("GET", start)
        for _ in range(20):
            answer = await browser.send(request)
            if answer.is_redirect:
                target = urljoin(str(answer.url), answer.headers["location"])
                if target.startswith(redirect_uri):
                    return target
                request = browser.build_request("GET", target)
                continue
            form = FirstForm(answer.text)
            if form.action is None:
                raise RuntimeError(f"no form on {answer.url} ({answer.status_code}): {answer.text[:300]}")
            fields = {name: typed.get(name, value) for name, value in form.fields}
            here = urlsplit(str(answer.url))
            headers = {"origin": f"{here.scheme}://{here.netloc}", "sec-fetch-site": "same-origin"}
            request = browser.build_request("POST", urljoin(str(answer.url), form.action), data=fields, headers=headers)
    raise RuntimeError("twenty pages and no way out")


async def visit(target: str) -> None:
    """Brings the answer to the app, as soon as it listens."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    async with httpx2.AsyncClient() as browser:
        while True:
            try:
                (await browser.get(target)).raise_for_status()
                return
            except httpx2.ConnectError:
                if asyncio.get_running_loop().time() > deadline:
                    raise
                await asyncio.sleep(0.05)


async def main() -> None:
    await visit(await walk(sys.argv[1]))


if __name__ == "__main__":
    asyncio.run(main())
