#!/usr/bin/env python3
"""The page of `tunctl serve` in a headless Chromium: signing in, the list, the button, and a form
from another site. Needs nothing but Python, and speaks to the browser through a pipe.

    tests/browser/serve.py TUNCTL CHROMIUM
"""

import hashlib
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading
import urllib.request

TOKEN = "browser-token-0123456789abcdef0123456789"


class Browser:
    """One tab, driven by the DevTools protocol over the file descriptors 3 and 4."""

    def __init__(self, program, profile):
        commands, write = os.pipe()
        read, answers = os.pipe()
        script = 'exec 3<&$1 4>&$2; shift 2; exec "$@"'
        words = [program, "--headless", "--disable-gpu", "--remote-debugging-pipe", f"--user-data-dir={profile}"]
        if os.getuid() == 0:
            # Root may not run it in its own sandbox; what it opens is ours.
            words.append("--no-sandbox")
        shell = ["bash", "-c", script, "browser", str(commands), str(answers), *words, "about:blank"]
        self.process = subprocess.Popen(shell, pass_fds=(commands, answers), stderr=subprocess.DEVNULL)
        os.close(commands)
        os.close(answers)
        self.write, self.read = os.fdopen(write, "wb", 0), os.fdopen(read, "rb")
        self.number, self.session, self.events = 0, None, []
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.send(f"{domain}.enable")

    def message(self):
        text = b""
        while not text.endswith(b"\0"):
            byte = self.read.read(1)
            if not byte:
                raise SystemExit("the browser is gone")
            text += byte
        return json.loads(text[:-1])

    def send(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        self.write.write(json.dumps(message).encode() + b"\0")
        while True:
            answer = self.message()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise SystemExit(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def loaded(self, action):
        """Does something, and waits for the page that it leads to."""
        self.events.clear()
        action()
        while not any(it.get("method") == "Page.loadEventFired" for it in self.events):
            self.events.append(self.message())

    def open(self, url):
        self.loaded(lambda: self.send("Page.navigate", url=url))

    def run(self, script):
        answer = self.send("Runtime.evaluate", expression=script, returnByValue=True)
        if "exceptionDetails" in answer:
            raise SystemExit(f"{script}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def text(self):
        return self.run("document.body.innerText")

    def complaints(self):
        return [it for it in self.events if it.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown")]

    def close(self):
        self.process.kill()
        self.process.wait()


def ask(url, method="GET", body=None):
    request = urllib.request.Request(url, method=method, data=body and json.dumps(body).encode())
    request.add_header("Authorization", f"Bearer {TOKEN}")
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
        return json.load(answer)


class Elsewhere(http.server.BaseHTTPRequestHandler):
    """A site of somebody else's, with a form that is posted to the service as soon as it is seen."""

    form = b""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(self.form)

    def log_message(self, *_):
        pass


def check(condition, what, page):
    if not condition:
        raise SystemExit(f"{what}\n{page}")
    print(f"ok: {what}")


def visit(browser, url, elsewhere):
    browser.open(url)
    check("Sign in" in browser.text(), "who is not signed in sees a form", browser.text())
    browser.run(f"document.querySelector('[name=token]').value = '{TOKEN}'")
    browser.loaded(lambda: browser.run("document.querySelector('button').click()"))
    page = browser.text()
    check("shown.tunnel.example.com" in page and "active" in page, "the owner sees its tunnel", page)
    check(TOKEN not in browser.run("document.documentElement.outerHTML"), "the token is not in the page", page)
    check(not browser.complaints(), "nothing on the console", browser.complaints())
    narrow = {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    browser.send("Emulation.setDeviceMetricsOverride", **narrow)
    check(browser.run("document.querySelector('button').offsetHeight") > 0, "the button is there on a phone", page)
    tunnel = ask(f"{url}v1/tunnels")[0]
    seal = browser.run("document.querySelector('[name=seal]').value")
    Elsewhere.form = (
        f"<form method=post action='{url}stop'><input name=seal value='{seal}'><input name=id value='{tunnel['id']}'>"
        "</form><script>document.forms[0].submit()</script>"
    ).encode()
    browser.loaded(lambda: browser.send("Page.navigate", url=f"http://localhost:{elsewhere}/"))
    while not browser.run("location.href").startswith(url):
        browser.events.append(browser.message())
    check("came from elsewhere" in browser.text(), "a form from elsewhere is refused, even with the seal", browser.text())
    check(ask(f"{url}v1/tunnels")[0]["status"] == "active", "and stops nothing", browser.text())
    browser.open(url)
    browser.loaded(lambda: browser.run("document.querySelector('[aria-label^=Stop]').click()"))
    check("shown" not in browser.text(), "the button stops the tunnel", browser.text())
    check(ask(f"{url}v1/tunnels") == [], "and it is gone", browser.text())
    browser.loaded(lambda: browser.run("[...document.querySelectorAll('button')].at(-1).click()"))
    check("Sign in" in browser.text(), "signing out", browser.text())


def main():
    tunctl, chromium = os.path.abspath(sys.argv[1]), sys.argv[2]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as work:
        digest = hashlib.sha256(TOKEN.encode()).hexdigest()
        with open(f"{work}/tokens", "w") as file:
            file.write(f"alice sha256:{digest}\n")
        words = [tunctl, "serve", "--sandbox", "--listen", "127.0.0.1:0", "--tokens", "tokens"]
        words += ["--base-domain", "tunnel.example.com", "--quiet"]
        served = subprocess.Popen(words, cwd=work, stdout=subprocess.PIPE, text=True)
        other = http.server.HTTPServer(("127.0.0.1", 0), Elsewhere)
        threading.Thread(target=other.serve_forever, daemon=True).start()
        browser = None
        try:
            url = served.stdout.readline().split()[-1] + "/"
            ask(f"{url}v1/tunnels", "POST", {"port": 3000, "requestedSlug": "shown"})
            browser = Browser(chromium, f"{work}/profile")
            visit(browser, url, other.server_port)
        finally:
            if browser:
                browser.close()
            served.terminate()
            served.wait()
        check(served.returncode == 0, "the service ends well", served.returncode)


main()
