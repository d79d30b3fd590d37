#!/usr/bin/env python3
"""Holds a conversation on the page of a service in headless Chromium, by keyboard alone, and prints what is not as it should be.

usage: conversation.py URL QUESTION FOLLOW-UP [FOLDER FOR SCREENSHOTS [NAME]]
"""
import importlib.util, os, sys

here = os.path.dirname(os.path.abspath(__file__))
spec = importlib.util.spec_from_file_location("page_check", os.path.join(here, "check.py"))
page = importlib.util.module_from_spec(spec)
spec.loader.exec_module(page)
check, faults = page.check, page.faults


def ask(browser, text):
    browser.value("document.getElementById('question').focus()")
    for _ in range(20):
        browser.call("Page.bringToFront")
        browser.call("Input.insertText", text=text)
        if browser.wait("document.getElementById('question').value !== ''", 0.3):
            break
    browser.key("Enter")
    # A stored answer comes at once; in either case the box is emptied when it is there.
    done = "document.getElementById('question').value === '' && !document.getElementById('ask').disabled"
    check("the answer ends", browser.wait(done, 60), browser.text("#status"))
    check("no problem is shown", browser.value("document.getElementById('problem').hidden"), browser.text("#problem"))


def talk(browser, url, question, follow_up, width, pictures, name):
    browser.visit(url, width, 900)
    check("no turns at first", browser.value("document.getElementById('conversation').hidden"))
    check("no new conversation at first", browser.value("document.getElementById('fresh').hidden"))
    ask(browser, question)
    first = browser.text("#answer")
    check("the question stands over its answer", browser.text("#asked") == question)
    check("a first question is searched for as it is", browser.value("document.getElementById('rewritten').hidden"))
    check("the box is empty for the next one", browser.value("document.getElementById('question').value === ''"))
    ask(browser, follow_up)
    check("the first turn is still there", question in browser.text("#turns li") and len(browser.text("#turns li .said")) > 3, browser.text("#turns"))
    check("one turn above", browser.value("document.querySelectorAll('#turns li').length") == 1)
    rewritten = browser.text("#rewritten")
    check("what was searched for is said", question in rewritten and follow_up in rewritten, rewritten)
    check("passages and times are of the last answer", browser.value("document.querySelectorAll('#stages li').length") >= 3)
    check("the time of rewriting is shown", "rewrite" in browser.text("#stages"))
    wide = browser.value("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    check(f"nothing is wider than the page at {width}", not wide)
    for selector in (".asked", ".said", "#rewritten"):
        contrast = page.report.contrast(browser, selector)
        check(f"contrast of {selector}", contrast >= 4.5, contrast)
    if pictures:
        browser.value("window.scrollTo(0, 0)")
        browser.picture(os.path.join(pictures, f"{name}-{width}.png"))
    # By Tab to the button, then Enter.
    browser.value("document.getElementById('question').focus()")
    for _ in range(6):
        browser.key("Tab")
        if browser.value("document.activeElement.id === 'fresh'"):
            break
    check("Tab reaches the button", browser.value("document.activeElement.id === 'fresh'"))
    browser.key("Enter")
    check("a new conversation is empty", browser.wait("document.querySelectorAll('#turns li').length === 0 && document.getElementById('result').hidden", 5))
    check("the question has the focus again", browser.value("document.activeElement.id === 'question'"))
    ask(browser, question)
    check("nothing of the old conversation is sent", browser.value("document.getElementById('rewritten').hidden"))
    check("the answer is the same again", browser.text("#answer") == first, browser.text("#answer"))


def main(url, question, follow_up, pictures=None, name="conversation"):
    browser = page.Browser()
    try:
        for width in (1280, 400):
            talk(browser, url, question, follow_up, width, pictures, name)
        check("the console is quiet", not browser.errors, list(browser.errors))
    finally:
        browser.close()
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
