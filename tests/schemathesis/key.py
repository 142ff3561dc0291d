"""Prints a new test key of the demo's *Fieldway Home Health*, made in the browser's way: key.py http://127.0.0.1:PORT"""

import html.parser
import os
import sys
import urllib.parse
import urllib.request


class Forms(html.parser.HTMLParser):
    """The forms of a page with their fields, the links, and the text of what is shown once."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms, self.links, self.outputs = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        of = dict(attributes)
        if tag == "form":
            self.forms.append((of.get("action", ""), []))
        elif tag == "a":
            self.links.append(of.get("href", ""))
        elif tag == "input" and self.forms:
            self.forms[-1][1].append(of)
        if tag == "input":
            self.outputs.append(of.get("value") or "")


class Browser:
    def __init__(self, base: str) -> None:
        self.base = base
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())

    def open(self, path: str, fields=None) -> Forms:
        sent = urllib.parse.urlencode(fields).encode() if fields else None
        request = urllib.request.Request(self.base + path, sent, {"Origin": self.base})
        with self.opener.open(request) as answer:
            return Forms(answer.read().decode())


def hidden(fields):
    return [(of["name"], of.get("value", "")) for of in fields if of.get("type") == "hidden"]


def main() -> None:
    browser = Browser(sys.argv[1])
    action, fields = browser.open("/sign-in").forms[0]
    password = os.environ["KINBRIDGE_DEMO_PASSWORD"]
    who = [("email", "visits@demo.kinbridge.test"), ("password", password)]
    home = browser.open(action, hidden(fields) + who)
    settings = next(link for link in home.links if link.endswith("/settings"))
    forms = browser.open(f"{settings}/api-keys").forms
    action, fields = next(form for form in forms if any(of.get("name") == "mode" for of in form[1]))
    ticks = [(of["name"], of.get("value", "on")) for of in fields if of.get("type") == "checkbox"]
    made = browser.open(action, hidden(fields) + [("name", "Schemathesis"), ("mode", "test")] + ticks)
    keys = [value for value in made.outputs if value.startswith("test_")]
    if not keys:
        sys.exit("no key was shown: is there one of this name already?")
    print(keys[0])


main()
