#!/usr/bin/env python3
"""Uses the overview of a service in headless Chromium by keyboard alone, and prints what is not as it should be.

usage: dashboard.py URL KEY PROCESS [FOLDER FOR SCREENSHOTS]
KEY is empty for a service without keys; PROCESS is stopped for a moment, 0 for none.
"""
import importlib.util, os, signal, sys

here = os.path.dirname(os.path.abspath(__file__))
spec = importlib.util.spec_from_file_location("page_check", os.path.join(here, "check.py"))
page = importlib.util.module_from_spec(spec)
spec.loader.exec_module(page)
report, check, faults = page.report, page.check, page.faults


class Browser(report.Browser):
    def visit(self, url, width, height, scheme):
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")
        self.size(width, height)
        self.media(scheme)
        self.call("Page.bringToFront")
        self.call("Page.navigate", url=url + "/dashboard")
        check("the page comes", self.wait("document.readyState === 'complete' && document.getElementById('panels') !== null", 20))

    def text(self, selector):
        return self.value(f"document.querySelector('{selector}')?.textContent ?? ''")


def enter(browser, key):
    check("a key is asked for", browser.wait("!document.getElementById('key-form').hidden", 10))
    check("  in words", "scope eval" in browser.text("#problem"), browser.text("#problem"))
    browser.value("document.getElementById('key').focus()")
    for _ in range(20):
        browser.call("Page.bringToFront")
        browser.call("Input.insertText", text=key)
        if browser.wait("document.getElementById('key').value !== ''", 0.3):
            break
    browser.key("Enter")


def use(browser, url, key, width, scheme, picture=None, height=900):
    browser.visit(url, width, height, scheme)
    if key:
        enter(browser, key)
    check("the panels come", browser.wait("document.querySelectorAll('.panel').length > 15", 15), browser.text("#problem"))
    check("no problem is shown", browser.value("document.getElementById('problem').hidden"), browser.text("#problem"))
    check("points are drawn", browser.wait("document.querySelector('#panel-memory path.curve') !== null", 15))
    check("the last value is in words", "MB" in browser.text("#panel-memory .now"), browser.text("#panel-memory .now"))
    check("what is unknown is said, not drawn", "no data" in browser.text("#panel-cost .now"), browser.text("#panel-cost .now"))
    check("  as a gap", browser.value("document.querySelectorAll('#panel-cost path.curve').length") == 0)
    check("the axes have units", browser.value("[...document.querySelectorAll('#panel-memory .plot text')].some(t => / [kMG]?B$/.test(t.textContent))"))
    check("  and times", browser.value("[...document.querySelectorAll('#panel-memory .plot text')].some(t => /^\\d\\d:\\d\\d/.test(t.textContent))"))
    # By Tab to the first plot, then by arrows through its points.
    browser.value("document.getElementById('pause').focus()")
    browser.key("Tab")
    check("Tab reaches the first plot", browser.value("document.activeElement.getAttribute('role')") == "slider", browser.value("document.activeElement.outerHTML.slice(0, 80)"))
    check("  which says its last point", browser.wait("!document.activeElement.querySelector('.tip').hidden", 3))
    text = browser.value("document.activeElement.getAttribute('aria-valuetext')")
    check("  with a time and values", text and ":" in text and "/s" in text, text)
    browser.key("Home")
    check("  and Home leads to the first", browser.value("document.activeElement.getAttribute('aria-valuenow')") == "0")
    browser.key("Tab")
    check("then comes its table", browser.value("document.activeElement.tagName") == "SUMMARY")
    browser.key("Enter")
    check("  which opens", browser.wait("document.querySelectorAll('#panel-requests table tbody tr').length >= 1", 3))
    browser.value("document.querySelector('#panel-requests details').open = false; document.activeElement.blur()")
    check(f"nothing is wider than the page at {width}", not browser.value("document.documentElement.scrollWidth > document.documentElement.clientWidth"))
    for selector in (".muted", ".now li", "#pause", "h1", "h2"):
        contrast = report.contrast(browser, selector)
        check(f"contrast of {selector} ({scheme})", contrast >= 4.5, contrast)
    if picture:
        browser.value("window.scrollTo(0, 0)")
        browser.picture(picture)


def main(url, key, process, pictures=None):
    shot = lambda name: os.path.join(pictures, name) if pictures else None
    browser = Browser()
    try:
        use(browser, url, key, 1280, "light", shot("dashboard-1280.png"), 1180)
        if key:
            check("what went wrong is listed", "turned away" in browser.text("#trouble-rows") and "key" in browser.text("#trouble-rows"), browser.text("#trouble-rows"))
            errors = [error for error in browser.errors if "401" not in error]
        else:
            errors = list(browser.errors)
        check("the console is quiet", not errors, errors)
        browser.value("document.getElementById('pause').focus()")
        browser.key("Enter")
        check("it can be paused", browser.wait("document.getElementById('status').textContent.startsWith('Paused')", 3), browser.text("#status"))
        browser.key("Enter")
        check("  and goes on", browser.wait("document.getElementById('status').textContent.startsWith('As of')", 8), browser.text("#status"))
        if process:
            os.kill(process, signal.SIGSTOP)
            try:
                check("a service that does not answer is said", browser.wait("document.getElementById('problem').textContent.includes('does not answer')", 25), browser.text("#problem"))
                check("  with the time of what is shown", "Shown is what it said at" in browser.text("#problem"))
            finally:
                os.kill(process, signal.SIGCONT)
            check("  until it does", browser.wait("document.getElementById('problem').hidden", 25), browser.text("#problem"))
        use(browser, url, key, 400, "light", shot("dashboard-400.png"))
        use(browser, url, key, 1280, "dark", shot("dashboard-dark-1280.png"))
    finally:
        browser.close()
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    url, key, process, *rest = sys.argv[1:]
    sys.exit(main(url, key, int(process), *rest))
