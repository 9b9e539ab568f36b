// Sorts tables by a click on a head, and keeps the language in the address. The report is whole without it.
(function () {
  "use strict";
  function key(cell) {
    var text = cell.textContent.trim();
    var plain = text.replace(/[\s\u202f\u00a0]/g, "").replace(/\u2212/g, "-").replace(/^[\[<]/, "");
    var number = parseFloat(document.documentElement.lang === "nb" ? plain.replace(",", ".") : plain.replace(/,/g, ""));
    return isNaN(number) ? text.toLowerCase() : number;
  }
  function sort(table, column, head) {
    var body = table.tBodies[0];
    var rows = Array.prototype.slice.call(body.rows);
    var down = head.getAttribute("aria-sort") === "ascending";
    rows.sort(function (a, b) {
      var x = key(a.cells[column]), y = key(b.cells[column]);
      var order = typeof x === typeof y ? (x < y ? -1 : x > y ? 1 : 0) : typeof x === "number" ? -1 : 1;
      return down ? -order : order;
    });
    Array.prototype.forEach.call(head.parentNode.cells, function (h) { h.removeAttribute("aria-sort"); });
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    rows.forEach(function (row) { body.appendChild(row); });
  }
  Array.prototype.forEach.call(document.querySelectorAll("table.sortable"), function (table) {
    Array.prototype.forEach.call(table.tHead.rows[0].cells, function (head, column) {
      head.tabIndex = 0;
      head.addEventListener("click", function () { sort(table, column, head); });
      head.addEventListener("keydown", function (event) { if (event.key === "Enter") { sort(table, column, head); } });
    });
  });
  var choices = document.querySelectorAll("input[name=language]");
  function show(code) {
    document.documentElement.lang = code;
    document.title = document.getElementById("report-" + code).getAttribute("data-title");
  }
  Array.prototype.forEach.call(choices, function (choice) {
    if (location.hash.indexOf("#" + choice.value + "-") === 0 || location.hash === "#" + choice.value) {
      choice.checked = true;
    }
    if (choice.checked) { show(choice.value); }
    choice.addEventListener("change", function () { show(choice.value); history.replaceState(null, "", "#" + choice.value); });
  });
}());
