#!/usr/bin/env python3
"""Opens a report in headless Chromium, uses it as a person would, and prints what is not as it should be.

usage: check.py PAGE [FOLDER FOR SCREENSHOTS]
The page is one of `SampleRecords.large`. Chromium is driven over its debugging pipe (file descriptors 3 and 4): no port, no package.
"""
import base64, json, os, shutil, subprocess, sys, tempfile, time


class Browser:
    def __init__(self):
        to_read, self.write_end = os.pipe()
        self.read_end, to_write = os.pipe()
        self.profile = tempfile.mkdtemp()

        def ends():
            os.dup2(to_read, 63), os.dup2(to_write, 64)
            os.dup2(63, 3), os.dup2(64, 4)

        program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        flags = ["--headless=new", "--remote-debugging-pipe", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
                 "--disable-dev-shm-usage", f"--user-data-dir={self.profile}"]
        if os.geteuid() == 0:
            flags.append("--no-sandbox")
        self.process = subprocess.Popen([program, *flags], preexec_fn=ends, close_fds=False, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        os.close(to_read), os.close(to_write)
        self.count, self.pending, self.session, self.errors = 0, b"", None, []

    def call(self, method, **parameters):
        self.count += 1
        message = {"id": self.count, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.write_end, json.dumps(message).encode() + b"\0")
        while True:
            while b"\0" not in self.pending:
                part = os.read(self.read_end, 1 << 20)
                if not part:
                    sys.exit("the browser is gone")
                self.pending += part
            text, self.pending = self.pending.split(b"\0", 1)
            reply = json.loads(text)
            if reply.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded"):
                self.errors.append(json.dumps(reply["params"])[:600])
            if reply.get("id") == self.count:
                if "error" in reply:
                    sys.exit(f"{method}: {reply['error']}")
                return reply["result"]

    def open(self, page, width, height=900):
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(domain + ".enable")
        self.size(width, height)
        self.call("Page.navigate", url="file://" + os.path.abspath(page))
        self.wait("document.readyState === 'complete' && document.querySelector('.grid .row') !== null")

    def size(self, width, height=900):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def media(self, scheme="light", medium=""):
        self.call("Emulation.setEmulatedMedia", media=medium, features=[{"name": "prefers-color-scheme", "value": scheme}])

    def value(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            sys.exit(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def wait(self, expression, seconds=60):
        end = time.time() + seconds
        while time.time() < end:
            if self.value(expression):
                return True
            time.sleep(0.05)
        return False

    def key(self, name, text=None):
        text = text if text is not None else (name if len(name) == 1 else "\r" if name == "Enter" else "")
        self.call("Input.dispatchKeyEvent", type="keyDown", key=name, text=text)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=name)

    def picture(self, path):
        data = self.call("Page.captureScreenshot", format="png")["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

    def close(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)


faults = []


def check(what, holds, seen=None):
    if not holds:
        faults.append(what if seen is None else f"{what} (seen: {seen})")


def contrast(browser, selector):
    return browser.value("""(() => {
      const parse = text => text.match(/[\\d.]+/g).map(Number);
      const light = rgb => { const [r, g, b] = rgb.map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
        return .2126 * r + .7152 * g + .0722 * b; };
      let worst = 99;
      for (const node of document.querySelectorAll(%s)) {
        if (!node.textContent.trim()) continue;
        let ground = node;
        while (ground && (parse(getComputedStyle(ground).backgroundColor)[3] === 0)) ground = ground.parentElement;
        const a = light(parse(getComputedStyle(node).color)), b = light(parse(getComputedStyle(ground || document.body).backgroundColor));
        worst = Math.min(worst, (Math.max(a, b) + .05) / (Math.min(a, b) + .05));
      }
      return worst; })()""" % json.dumps(selector))


def main(page, folder):
    browser = Browser()
    shot = lambda name: browser.picture(f"{folder}/{name}.png") if folder else None
    try:
        browser.open(page, 1280)
        browser.media("light")
        total = browser.value("JSON.parse(document.getElementById('data').textContent).rows")
        check("few rows are drawn", browser.value("document.querySelectorAll('.grid .row').length") < 120)
        check("the grid tells how many rows there are", browser.value("Number(document.querySelector('.grid').ariaRowCount)") == total + 2)
        check("one row can be reached by Tab", browser.value("document.querySelectorAll('.grid .row[tabindex=\"0\"]').length") == 1)
        shot("top-light")
        browser.value("document.querySelector('#list').scrollIntoView()")
        shot("list-light")
        # sort: the worst first
        browser.value("[...document.querySelectorAll('[role=columnheader] button')].find(b => b.title === 'token_f1').click()")
        values = browser.value("[...document.querySelectorAll('.grid .row')].slice(0, 20).map(r => [...r.querySelectorAll('[data-label=token_f1]')].map(c => parseFloat(c.textContent))[0])")
        check("sorting by a metric shows the lowest first", values == sorted(values), values)
        check("the heading says so", browser.value("document.querySelector('[aria-sort=ascending]') !== null"))
        # filter
        browser.key("/")
        check("/ leads to the filter", browser.value("document.activeElement.type") == "search")
        browser.value("(() => { const s = document.querySelector('input[type=search]'); s.value = 'Q-0007'; s.dispatchEvent(new Event('input')); })()")
        check("the filter leaves the one question", browser.wait("document.querySelectorAll('.grid .row').length === 1", 10))
        browser.key("Enter")
        check("Enter leads from the filter to the row", browser.value("document.activeElement.classList.contains('row')"))
        browser.key("Enter")
        check("Enter opens the row", browser.value("!document.querySelector('.sheet').hidden && document.querySelector('#sheet-title').textContent") == "Q-0007")
        browser.key("Escape")
        check("Escape closes it", browser.value("document.querySelector('.sheet').hidden"))
        check("the focus is back on the row", browser.value("document.activeElement.classList.contains('row')"))
        browser.value("[...document.querySelectorAll('.tools button')].find(b => b.textContent === 'Reset').click()")
        # keys in the list; the evidence is marked by the record's bytes
        browser.value("document.querySelector('.grid .row').focus()")
        browser.key("Home")
        for _ in range(3):
            browser.key("j")
        check("j goes down", browser.value("document.activeElement.dataset.place") == "3", browser.value("document.activeElement.dataset.place"))
        browser.key("k")
        check("k goes up", browser.value("document.activeElement.dataset.place") == "2")
        browser.key("End")
        check("End leads to the last row", browser.value("Number(document.activeElement.dataset.place)") == total - 1)
        check("few rows are drawn there too", browser.value("document.querySelectorAll('.grid .row').length") < 140)
        browser.key("Home")
        browser.key("Enter")
        check("a row opens whole", browser.wait("document.querySelectorAll('.sheet .passage').length > 0", 20))
        browser.value("""(async () => { for (let i = 0; i < 30 && !document.querySelector('.sheet mark'); i++) {
            document.querySelector('.sheet [aria-label="Next question"]').click(); await new Promise(done => setTimeout(done, 60)); } })()""")
        quote = browser.value("document.querySelector('.sheet blockquote p')?.textContent")
        mark = browser.value("document.querySelector('.sheet mark')?.textContent")
        check("what is marked is the gold quote", quote is not None and mark is not None and (mark in quote or quote in mark), [quote, mark])
        check("statements have verdicts", browser.value("document.querySelectorAll('.sheet .json .yes, .sheet .json .no').length") > 0)
        shot("sheet-light")
        check("light text has contrast", contrast(browser, ".sheet *, .grid .row *, main p, main small, .tag") >= 4.3, contrast(browser, ".sheet *, .grid .row *, main p, main small, .tag"))
        # dark, by the system and by the button
        browser.media("dark")
        dark = browser.value("getComputedStyle(document.body).backgroundColor")
        check("it follows a dark system", dark == "rgb(17, 20, 23)", dark)
        check("dark text has contrast", contrast(browser, ".sheet *, .grid .row *, main p, main small, .tag") >= 4.3, contrast(browser, ".sheet *, .grid .row *, main p, main small, .tag"))
        shot("sheet-dark")
        browser.key("Escape")
        browser.key("t")
        check("the button says light", browser.value("getComputedStyle(document.body).backgroundColor") == "rgb(251, 251, 250)")
        browser.key("t"), browser.key("t")
        shot("list-dark")
        browser.key("?")
        check("? shows the keys", browser.value("document.querySelector('dialog').open"))
        browser.key("Escape")
        check("Escape closes the keys", not browser.value("document.querySelector('dialog').open"))
        # narrow
        browser.media("light")
        browser.size(400, 860)
        browser.value("window.scrollTo(0, 0)")
        time.sleep(0.3)
        check("nothing is wider than a small screen", browser.value("document.documentElement.scrollWidth") <= 400, browser.value("document.documentElement.scrollWidth"))
        shot("top-400")
        browser.value("document.querySelector('#list').scrollIntoView()")
        time.sleep(0.2)
        shot("list-400")
        browser.value("document.querySelector('.grid .row').click()")
        time.sleep(0.3)
        shot("sheet-400")
        browser.media("dark")
        shot("sheet-400-dark")
        browser.key("Escape")
        # print
        browser.media("light")
        browser.size(1280)
        pdf = base64.b64decode(browser.call("Page.printToPDF", printBackground=False)["data"])
        check("it prints", pdf[:4] == b"%PDF" and len(pdf) > 20_000, len(pdf))
        if folder:
            with open(f"{folder}/print.pdf", "wb") as file:
                file.write(pdf)
        check("after printing the list is back", browser.wait("document.querySelectorAll('.grid .row').length < 140", 10))
        faults.extend("console: " + error for error in browser.errors)
    finally:
        browser.close()
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None))
