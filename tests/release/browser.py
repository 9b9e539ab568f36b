"""Headless Chromium: what a browser makes of a report, by its command line alone."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

PROBE = """
<script>
(function () {
  // Text that is cut, that leaves the page, or that stands on other text, as boxes of the lines the browser drew.
  function hidden(node) {
    for (var e = node; e && e !== document.body; e = e.parentElement) {
      var style = getComputedStyle(e);
      if (style.display === "none" || style.visibility === "hidden" || style.opacity === "0") { return true; }
      if (e.tagName === "DETAILS" && !e.open && !e.firstElementChild.contains(node)) { return true; }
    }
    return false;
  }
  function scrolls(node) {
    for (var e = node; e && e !== document.body; e = e.parentElement) {
      if (getComputedStyle(e).overflowX === "auto") { return true; }
    }
    return false;
  }
  var walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), node, boxes = [];
  while ((node = walker.nextNode())) {
    var parent = node.parentElement;
    if (!node.nodeValue.trim() || /^(SCRIPT|STYLE)$/.test(parent.tagName) || parent.closest("math, svg")) { continue; }
    if (hidden(parent)) { continue; }
    var range = document.createRange();
    range.selectNodeContents(node);
    Array.prototype.forEach.call(range.getClientRects(), function (r) {
      if (r.width > 1 && r.height > 1) {
        var words = node.nodeValue.trim().slice(0, 40);
        boxes.push({ x: r.left, y: r.top, w: r.width, h: r.height, t: words, s: scrolls(parent) });
      }
    });
  }
  var out = { wide: document.body.scrollWidth, cut: [], overlaps: [], lines: boxes.length };
  Array.prototype.forEach.call(document.querySelectorAll("figure svg"), function (svg) {
    var r = svg.getBoundingClientRect();
    if (r.width && r.right > WIDTH + 1 && !scrolls(svg)) { out.cut.push("svg"); }
  });
  boxes.forEach(function (b) {
    if (!b.s && (b.x < -1 || b.x + b.w > WIDTH + 1)) { out.cut.push(b.t); }
  });
  out.languages = Array.prototype.filter.call(document.querySelectorAll("article"), function (a) {
    return getComputedStyle(a).display !== "none";
  }).map(function (a) { return a.lang; });
  boxes.sort(function (a, b) { return a.y - b.y; });
  for (var i = 0; i < boxes.length; i++) {
    for (var j = i + 1; j < boxes.length && boxes[j].y < boxes[i].y + boxes[i].h; j++) {
      var a = boxes[i], b = boxes[j];
      var across = Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x);
      var down = Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y);
      if (across > 2 && down > 0.45 * Math.min(a.h, b.h)) { out.overlaps.push(a.t + " | " + b.t); }
    }
  }
  var pre = document.createElement("pre");
  pre.id = "probe";
  pre.textContent = JSON.stringify(out);
  document.body.appendChild(pre);
}());
</script>
"""


def chromium() -> str:
    """The browser's path; there is no skipping without it."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert found, "install Chromium: apt-get install chromium"
    return found


def run(page: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Open a page, with a profile of its own and no network."""
    with tempfile.TemporaryDirectory() as profile:
        command = [
            chromium(),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            f"--user-data-dir={profile}",
            *options,
            page.as_uri(),
        ]
        return subprocess.run(command, capture_output=True, text=True, timeout=240, check=True)


def probe(report: bytes, folder: Path, *, width: int, height: int = 2000, paper: bool = False) -> dict[str, object]:
    """Return what stands where it should not at this width; ``paper`` applies the rules for print on screen."""
    text = report.decode()
    # A copy for the test only: nothing else of the page is changed.
    # The browser's windows are never narrower than 500 pixels, so the page's own width is set too.
    text = text.replace("</style>", f"html {{ width: {width}px; }}</style>", 1)
    text = text.replace("</body>", PROBE.replace("WIDTH", str(width)) + "</body>")
    if paper:
        text = text.replace("@media print {", "@media all {").replace("@media (max-width: 46rem) {", "@media not all {")
        text = re.sub(r"@page \{[^}]*\}", "", text)
    page = folder / f"probe-{width}-{paper}.html"
    page.write_text(text, encoding="utf-8")
    dom = run(page, f"--window-size={width},{height}", "--virtual-time-budget=3000", "--dump-dom").stdout
    found = re.search(r'<pre id="probe">(.*?)</pre>', dom, re.DOTALL)
    assert found, "the probe did not run"
    return json.loads(html.unescape(found.group(1)))  # type: ignore[no-any-return]
