// Writes the protocol's TypeScript types from the documents that tests of the hub hold true: docs/mqtt/asyncapi.yaml and
// docs/openapi/hub.json. `npm run protocol` writes them anew; a test says when they are stale.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { compile } from "json-schema-to-typescript";
import { parse } from "yaml";

const root = new URL("../../../", import.meta.url);

/** Every file that is generated, with the document that it is made of. */
export const FILES = [
  { out: "../src/protocol/generated/messages.ts", document: "docs/mqtt/asyncapi.yaml", read: parse },
  { out: "../src/protocol/generated/hub.ts", document: "docs/openapi/hub.json", read: JSON.parse },
];

const outUrl = (file) => new URL(file.out, import.meta.url);

/** References between components become references within one schema. */
function local(value) {
  if (Array.isArray(value)) return value.map(local);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).map(([key, inner]) => {
    if (key === "$ref" && typeof inner === "string") return [key, inner.replace("#/components/schemas/", "#/$defs/")];
    return [key, local(inner)];
  });
  // Example payloads are no part of a type, and limits of a list would become tuples of that many places.
  return Object.fromEntries(entries.filter(([key]) => !["examples", "example", "maxItems", "minItems", "default"].includes(key)));
}

/** The text of one generated file. */
export async function generate(file) {
  const document = file.read(await readFile(new URL(file.document, root), "utf8"));
  const definitions = local(document.components.schemas);
  const names = Object.keys(definitions).sort();
  const schema = {
    title: "Everything",
    type: "object",
    additionalProperties: false,
    required: names,
    properties: Object.fromEntries(names.map((name) => [name, { $ref: `#/$defs/${name}` }])),
    $defs: Object.fromEntries(names.map((name) => [name, definitions[name]])),
  };
  return compile(schema, "Everything", {
    bannerComment: `// Generated from ${file.document} by \`npm run protocol\`. Do not edit.`,
    additionalProperties: false,
    enableConstEnums: false,
    format: true,
    strictIndexSignatures: false,
    unknownAny: true,
  });
}

/** What is committed now. */
export const committed = (file) => readFile(outUrl(file), "utf8");

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const file of FILES) await writeFile(outUrl(file), await generate(file));
}
