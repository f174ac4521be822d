"use strict";
// Renders the OpenAPI document. Every text goes in as text, never as markup.

const methods = ["get", "post", "put", "patch", "delete"];

function element(name, attributes, ...children) {
  const e = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) e.setAttribute(key, value);
  for (const child of children) e.append(child);
  return e;
}

function resolve(doc, schema) {
  let seen = 0;
  while (schema && schema.$ref && seen++ < 20) schema = doc.components.schemas[schema.$ref.split("/").pop()];
  return schema || {};
}

function typeOf(doc, schema) {
  if (!schema) return "any";
  if (schema.$ref) return schema.$ref.split("/").pop();
  const type = [].concat(schema.type || "any").filter((t) => t !== "null").join(" or ");
  if (type === "array") return "list of " + typeOf(doc, schema.items);
  return schema.enum ? schema.enum.join(" | ") : type;
}

function fields(doc, schema, seen) {
  const whole = resolve(doc, schema);
  if (whole.type === "array") return fields(doc, whole.items, seen);
  if (!whole.properties) return "";
  const rows = Object.entries(whole.properties).map(([name, property]) => {
    const cell = element("td", {}, property.description || resolve(doc, property).description || "");
    const ref = property.$ref || (property.items && property.items.$ref);
    if (ref && !seen.includes(ref)) cell.append(nested(doc, { $ref: ref }, seen.concat(ref)));
    const required = (whole.required || []).includes(name);
    return element("tr", {}, element("td", {}, element("code", {}, name), required ? " *" : ""),
      element("td", { class: "soft" }, typeOf(doc, property)), cell);
  });
  return element("table", {}, ...rows);
}

function nested(doc, schema, seen) {
  return element("details", {}, element("summary", { class: "soft" }, typeOf(doc, schema)), fields(doc, schema, seen));
}

function parameters(list) {
  const rows = list.map((p) => element("tr", {}, element("td", {}, element("code", {}, p.name), p.required ? " *" : ""),
    element("td", { class: "soft" }, p.in), element("td", {}, p.description || (p.schema && p.schema.description) || "")));
  return element("table", {}, ...rows);
}

function content(doc, title, holder) {
  const parts = [];
  for (const [media, body] of Object.entries((holder && holder.content) || {})) {
    parts.push(element("h4", {}, title + " ", element("span", { class: "soft" }, media)), fields(doc, body.schema, []));
  }
  return parts;
}

function curl(path, method, op) {
  let line = "curl -X " + method.toUpperCase() + ' "$PAW_URL' + path.replace(/{(\w+)}/g, "$" + "{$1}") + '"';
  if (op["x-permission"]) line += ' \\\n  -H "Authorization: Bearer $PAW_TOKEN"';
  if (op.requestBody) line += " \\\n  -H 'Content-Type: application/json' -d '{}'";
  return element("pre", {}, line);
}

function operation(doc, path, method, op) {
  const section = element("section", { id: op.operationId },
    element("h3", {}, op.summary), element("p", {}, element("span", { class: "method" }, method.toUpperCase()), " ", element("code", {}, path)),
    element("p", {}, op.description || ""));
  section.append(element("p", { class: "soft" }, op["x-permission"] ? "Needs the scope " + op["x-permission"] : "Needs no token"));
  if (op.parameters) section.append(element("h4", {}, "Parameters"), parameters(op.parameters));
  section.append(...content(doc, "Body", op.requestBody));
  for (const [status, answer] of Object.entries(op.responses)) {
    if (status.startsWith("2")) section.append(...content(doc, "Answer " + status, answer));
  }
  const failures = Object.keys(op.responses).filter((s) => !s.startsWith("2")).join(", ");
  section.append(element("p", { class: "soft" }, "Failures (problem+json): " + failures), curl(path, method, op));
  return section;
}

function render(doc) {
  const main = document.getElementById("main");
  const groups = new Map();
  for (const tag of doc.tags || []) groups.set(tag.name, []); // in the document's order
  main.replaceChildren(element("h1", {}, doc.info.title), element("p", {}, doc.info.description || ""));
  for (const [path, item] of Object.entries(doc.paths)) {
    for (const method of methods) {
      if (!item[method]) continue;
      const tag = (item[method].tags || ["Other"])[0];
      if (!groups.has(tag)) groups.set(tag, []);
      groups.get(tag).push([path, method, item[method]]);
    }
  }
  const about = Object.fromEntries((doc.tags || []).map((tag) => [tag.name, tag.description || ""]));
  for (const [tag, operations] of groups) {
    main.append(element("h2", {}, tag), element("p", {}, about[tag] || ""), ...operations.map(([p, m, o]) => operation(doc, p, m, o)));
  }
  contents(groups, "");
  document.getElementById("filter").addEventListener("input", (event) => contents(groups, event.target.value.toLowerCase()));
}

function contents(groups, filter) {
  const parts = [];
  for (const [tag, operations] of groups) {
    const found = operations.filter(([path, , op]) => (op.summary + path).toLowerCase().includes(filter));
    if (found.length) parts.push(element("h2", {}, tag), ...found.map(([, , op]) => element("a", { href: "#" + op.operationId }, op.summary)));
  }
  document.getElementById("contents").replaceChildren(...parts);
}

fetch("/docs/openapi.json")
  .then((answer) => answer.json())
  .then(render)
  .catch((error) => document.getElementById("main").replaceChildren(element("p", {}, "The document could not be read: " + error)));
