/* Tables of repeated rows in the admin's forms: a button for another row, and one to take a row away. */
(function () {
  "use strict";

  function remover(row) {
    const cell = document.createElement("td");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "row-remove";
    button.textContent = "×";
    button.setAttribute("aria-label", "Take this row away");
    button.addEventListener("click", function () {
      const table = row.closest("[data-rows]");
      row.remove();
      table.querySelector(".row-add").focus();
    });
    cell.append(button);
    row.append(cell);
  }

  function zone(root) {
    const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
    root.querySelectorAll("input[data-zone]").forEach(function (input) {
      if (here && input.value === "UTC") input.value = here;
    });
  }

  function isEmpty(row) {
    return Array.from(row.querySelectorAll("input, select, textarea")).every(function (one) {
      return one.hasAttribute("data-zone") || (one.type === "checkbox" ? !one.checked : !one.value);
    });
  }

  function begin(table) {
    const template = table.querySelector("template");
    if (!template) return;
    const body = table.querySelector("tbody");
    let next = body.rows.length;
    const head = document.createElement("th");
    head.scope = "col";
    table.querySelector("thead tr").append(head);
    Array.from(body.rows).forEach(function (row) {
      if (isEmpty(row)) zone(row);
      remover(row);
    });
    const add = document.createElement("button");
    add.type = "button";
    add.className = "row-add";
    add.textContent = "Add a row";
    add.addEventListener("click", function () {
      const row = template.content.firstElementChild.cloneNode(true);
      row.querySelectorAll("[name], [id], [for], [list]").forEach(function (one) {
        ["name", "id", "for", "list"].forEach(function (key) {
          const value = one.getAttribute(key);
          if (value) one.setAttribute(key, value.replaceAll("__number__", String(next)));
        });
      });
      next += 1;
      remover(row);
      zone(row);
      body.append(row);
      const first = row.querySelector("input, select");
      if (first) first.focus();
    });
    table.append(add);
  }

  document.addEventListener("DOMContentLoaded", function () {
    document.querySelectorAll("[data-rows]").forEach(begin);
    const moment = document.querySelector("input[name=effective_zone]");
    if (moment && !document.querySelector("input[name=effective_on]").value) zone(moment.parentElement);
  });
})();
