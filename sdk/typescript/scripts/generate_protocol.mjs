// Makes src/protocol.ts from the schema that the server's C++ structs export.
//
//   node scripts/generate_protocol.mjs           writes it
//   node scripts/generate_protocol.mjs --check   fails when it is not what the schema gives
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const schemaFile = fileURLToPath(new URL("../../../protocol/schema/troupe.v1.schema.json", import.meta.url));
const target = fileURLToPath(new URL("../src/protocol.ts", import.meta.url));

const definitions = JSON.parse(readFileSync(schemaFile, "utf8")).$defs;

/** "client.send" -> "ClientSend"; two names are shortened. */
function typeName(key) {
  const words = key.split(/[._]/).map((word) => word[0].toUpperCase() + word.slice(1));
  const name = words.join("");
  return { ServerInboxRow: "InboxRow", ServerPresenceNow: "PresenceNow" }[name] ?? name;
}

function typeOf(schema) {
  if (schema.$ref) return typeName(schema.$ref.replace("#/$defs/", ""));
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.oneOf) return schema.oneOf.map(typeOf).join(" | ");
  switch (schema.type) {
    case "integer":
      return "number";
    case "string":
    case "boolean":
      return schema.type;
    case "array":
      return `readonly ${typeOf(schema.items)}[]`;
    default:
      throw new Error(`the schema has something new: ${JSON.stringify(schema)}`);
  }
}

function declaration(key, schema) {
  const name = typeName(key);
  if (schema.type !== "object") return `export type ${name} = ${typeOf(schema)};\n`;
  const required = new Set(schema.required);
  const fields = Object.entries(schema.properties).map(
    ([field, of]) => `  readonly ${field}${required.has(field) ? "" : "?"}: ${typeOf(of)};\n`,
  );
  return `export interface ${name} {\n${fields.join("")}}\n`;
}

const text = [
  "// Made by scripts/generate_protocol.mjs from protocol/schema/troupe.v1.schema.json; do not edit.\n",
  ...Object.entries(definitions).map(([key, schema]) => declaration(key, schema)),
].join("\n");

if (process.argv.includes("--check")) {
  if (readFileSync(target, "utf8") !== text) {
    console.error("src/protocol.ts is not what the schema gives: npm run generate");
    process.exit(1);
  }
} else {
  writeFileSync(target, text);
}
