#!/usr/bin/env python3
"""Uses the page of a service in headless Chromium as a person would, by keyboard alone, and prints what is not as it should be.

usage: check.py URL QUESTION [FOLDER FOR SCREENSHOTS [NAME]]
"""
import importlib.util, os, sys

here = os.path.dirname(os.path.abspath(__file__))
spec = importlib.util.spec_from_file_location("report_check", os.path.join(here, "../../AssayReportTests/Browser/check.py"))
report = importlib.util.module_from_spec(spec)
spec.loader.exec_module(report)
check, faults = report.check, report.faults


class Browser(report.Browser):
    def visit(self, url, width, height):
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")
        self.size(width, height)
        self.call("Page.bringToFront")
        self.call("Page.navigate", url=url)
        check("the page says its model", self.wait("(document.getElementById('name')?.textContent ?? 'Assay') !== 'Assay'", 20))

    def text(self, selector):
        return self.value(f"document.querySelector('{selector}')?.textContent ?? ''")


def use(browser, url, question, width, height, pictures, name, scheme="light"):
    browser.media(scheme) if browser.session else None
    browser.visit(url, width, height)
    browser.media(scheme)
    check("the question has the focus", browser.value("document.activeElement.id") == "question")
    # A new tab may take a moment until keys reach it.
    for _ in range(20):
        browser.call("Page.bringToFront")
        browser.call("Input.insertText", text=question)
        if browser.wait("document.getElementById('question').value !== ''", 0.3):
            break
    # A stored answer comes within milliseconds: the button is watched, not looked for.
    browser.value("new MutationObserver(() => { window.stopShown = window.stopShown || !document.getElementById('stop').hidden; })"
                  ".observe(document.getElementById('stop'), { attributes: true })")
    browser.key("Enter")
    check("the stop button shows while an answer is made", browser.wait("window.stopShown === true", 5))
    check("the answer streams", browser.wait("document.getElementById('answer').textContent.length > 2", 60))
    check("the answer ends", browser.wait("document.getElementById('ask').disabled === false", 120), browser.text("#status"))
    check("no problem is shown", browser.value("document.getElementById('problem').hidden"), browser.text("#problem"))
    count = browser.value("document.querySelectorAll('#passages li').length")
    check("there are passages", count >= 1, count)
    check("stages have times", browser.value("document.querySelectorAll('#stages li').length") >= 2)
    citations = browser.value("document.querySelectorAll('#answer button').length")
    check("the answer cites", citations >= 1, browser.text("#answer"))
    check("a cited sentence is marked", browser.value("[...document.querySelectorAll('#passages mark')].some(m => m.textContent.length > 3)"))
    # By Tab to the first citation, then Enter: its passage gets the focus.
    browser.value("document.getElementById('question').focus()")
    for _ in range(12):
        browser.key("Tab")
        if browser.value("document.activeElement.closest('#answer') !== null && document.activeElement.tagName === 'BUTTON'"):
            break
    check("Tab reaches a citation", browser.value("document.activeElement.closest('#answer') !== null"))
    browser.key("Enter")
    check("the citation leads to its passage", browser.wait("document.querySelector('#passages li.chosen') === document.activeElement", 5))
    wide = browser.value("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    check(f"nothing is wider than the page at {width}", not wide)
    for selector in ("#answer", ".muted", "#passages .text", "mark", "button.primary", "#answer button"):
        contrast = report.contrast(browser, selector)
        check(f"contrast of {selector} ({scheme})", contrast >= 4.5, contrast)
    browser.value("document.getElementById('up').focus()")
    browser.key("Enter")
    check("feedback is kept", browser.wait("document.getElementById('rated').textContent.includes('kept')", 5), browser.text("#rated"))
    if pictures:
        browser.value("window.scrollTo(0, 0)")
        browser.picture(os.path.join(pictures, name))


def hostile(browser, url):
    """Text of answers is never taken for markup, and the policy allows no script that is not the page's."""
    browser.value("showAnswer('<img src=x onerror=document.title=1> <b>x</b> [1]', [{document: '<i>d</i>'}])")
    check("markup in an answer is text", browser.value("document.querySelectorAll('#answer img, #answer b').length") == 0)
    browser.value("(() => { const s = document.createElement('script'); try { s.text = 'window.broken = 1'; document.body.append(s); } catch { } })()")
    check("no foreign script runs", browser.value("window.broken === undefined"))


def main(url, question, pictures=None, name="service"):
    browser = Browser()
    try:
        use(browser, url, question, 1280, 900, pictures, f"{name}-1280.png")
        errors = [error for error in browser.errors]
        check("the console is quiet", not errors, errors)
        hostile(browser, url)
        browser.errors.clear()
        use(browser, url, question, 400, 900, pictures, f"{name}-400.png")
        use(browser, url, question, 1280, 900, pictures, f"{name}-dark-1280.png", "dark")
    finally:
        browser.close()
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
