#!/usr/bin/env python3
"""Takes the pictures of docs/commands.md, real replies of `etsm demo` as the browser chat shows them, and those of
docs/dashboard.md, its pages.

    cargo build && python3 docs/pictures/make.py target/debug/etsm

Needs Chromium. The lines asked are those of the list below; a test holds the list of pictures against the catalogue.
"""
import http.server, pathlib, re, socket, subprocess, sys, tempfile, threading, time, urllib.parse, urllib.request

HERE = pathlib.Path(__file__).parent
WIDTH = 760
REPLIES = {
    "portfolio": "portfolio",
    "health": "health northwind-robotics",
    "why": "why northwind-robotics since:30d",
    "history": "history northwind-robotics",
    "usage": "usage northwind-robotics range:30d by:endpoint",
    "movers": "movers range:7d",
    "anomalies": "anomalies cobalt-pay range:90d",
    "forecast": "forecast northwind-robotics metric:cost",
    "churn": "churn",
    "initiative-list": "initiative list",
    "status": "status",
}
# Pages, and whether they are shown dark.
PAGES = {
    "portfolio": ("/", False),
    "account": ("/accounts/northwind-robotics", False),
    "usage": ("/accounts/astrid-analytics/usage?range=90d&metric=cost", True),
    "forecast": ("/accounts/northwind-robotics/forecast?metric=cost", False),
    "why": ("/accounts/northwind-robotics/why", True),
    "board": ("/initiatives?view=board", False),
}
# Only the reply, without the page around it, and without the entrance that it would be caught in.
STYLE = """<style>.side,.page-head,.composer,.foot,.chat-log>article:first-child,.chat-log>.mine{display:none!important}
.shell,.stage,main,.chat,.chat-log{display:block!important;height:auto!important;max-height:none!important;overflow:visible!important;
max-width:none!important;padding:8px!important;margin:0!important;border:0!important}*{animation:none!important}</style>"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def main():
    etsm, port, mirror = sys.argv[1], free_port(), free_port()
    desk = f"http://127.0.0.1:{port}"
    demo = subprocess.Popen([etsm, "demo", "--bind", f"127.0.0.1:{port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    class Mirror(http.server.BaseHTTPRequestHandler):
        """The desk's own files, and under /reply the page after a line was sent."""

        def do_GET(self):
            url = urllib.parse.urlparse(self.path)
            data = None
            if url.path == "/reply":
                data = urllib.parse.urlencode({"line": urllib.parse.parse_qs(url.query)["line"][0]}).encode()
            asked = urllib.request.Request(desk + ("/chat" if data else self.path), data=data)
            with urllib.request.urlopen(asked) as answer:
                body, kind = answer.read(), answer.headers["Content-Type"]
            if data:
                body = re.sub(rb"<script.*?</script>", b"", body, flags=re.S).replace(b"</head>", STYLE.encode() + b"</head>")
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(desk + "/readyz")
                break
            except OSError:
                time.sleep(0.2)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", mirror), Mirror)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for name, line in REPLIES.items():
            take(f"http://127.0.0.1:{mirror}/reply?line={urllib.parse.quote(line)}", HERE / f"{name}.png")
            print(name, (HERE / f"{name}.png").stat().st_size)
        for name, (path, dark) in PAGES.items():
            take_page(desk + path, HERE / "pages" / f"{name}.png", dark)
            print("pages/" + name, (HERE / "pages" / f"{name}.png").stat().st_size)
    finally:
        demo.terminate()


def shoot(url, path, width, height, dark):
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
                        "--disable-background-networking", "--disable-component-update", "--disable-sync",
                        f"--user-data-dir={profile}", f"--blink-settings=preferredColorScheme={0 if dark else 1}",
                        "--virtual-time-budget=5000", f"--window-size={width},{height}", f"--screenshot={path}", url],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def take_page(url, path, dark):
    from PIL import Image
    shoot(url, path, 1440, 967, dark)
    picture = Image.open(path).convert("RGB").resize((960, 645), Image.LANCZOS)
    # Few colours, but the rare ones too: the signs of what is good or bad are small.
    picture.quantize(128, method=Image.Quantize.MAXCOVERAGE).save(path, optimize=True)


def take(url, path):
    tall = 2400
    shoot(url, path, WIDTH, tall, False)
    from PIL import Image, ImageChops
    picture = Image.open(path).convert("RGB")
    ground = Image.new("RGB", picture.size, picture.getpixel((WIDTH - 1, tall - 1)))
    left, top, right, bottom = ImageChops.difference(picture, ground).getbbox()
    picture.crop((0, max(top - 12, 0), WIDTH, min(bottom + 12, tall))).quantize(256).save(path, optimize=True)


if __name__ == "__main__":
    main()
