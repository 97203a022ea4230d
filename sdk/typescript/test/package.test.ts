// What is packed works without anything else.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const modules = join(root, "../../node_modules");
const directory = mkdtempSync(join(tmpdir(), "troupe-sdk-package-"));

beforeAll(() => {
  // `prepack` builds it.
  execFileSync("npm", ["pack", "--silent", "--pack-destination", directory], { cwd: root, stdio: "ignore" });
  const [archive = ""] = readdirSync(directory);
  execFileSync("tar", ["-xzf", archive], { cwd: directory });
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

it("has no dependencies, and says what it holds", () => {
  const description = JSON.parse(readFileSync(join(directory, "package/package.json"), "utf8"));
  expect(description.dependencies).toBeUndefined();
  expect(readdirSync(join(directory, "package")).sort()).toEqual(["README.md", "dist", "package.json", "src"]);
  for (const { types, default: module } of [description.exports["."], description.exports["./react"]]) {
    expect(readFileSync(join(directory, "package", types), "utf8")).not.toContain("@internal");
    expect(readFileSync(join(directory, "package", module), "utf8")).toContain("export");
  }
});

it("can be imported by Node and by TypeScript", () => {
  execFileSync("mkdir", ["-p", join(directory, "node_modules/@troupe")]);
  symlinkSync(join(directory, "package"), join(directory, "node_modules/@troupe/client"));
  for (const name of ["react", "@types", "csstype"])
    symlinkSync(join(modules, name), join(directory, "node_modules", name));
  const program = `import { Client, TroupeError, memoryOutbox } from "@troupe/client";
import { useRoom } from "@troupe/client/react";
const client = new Client("ws://127.0.0.1:1/ws", { user: "ann", outbox: memoryOutbox() });
const error: Error = new TroupeError({ code: "timeout", message: "x", retry: "same" });
console.log(client.room("lounge").name, typeof useRoom, error.name);
`;
  writeFileSync(join(directory, "program.ts"), program);
  writeFileSync(join(directory, "program.mjs"), program.replace(": Error", ""));
  writeFileSync(join(directory, "package.json"), '{ "type": "module" }');
  const said = execFileSync(process.execPath, [join(directory, "program.mjs")]).toString();
  expect(said).toBe("lounge function TroupeError\n");
  const options = [
    "--noEmit",
    "--strict",
    "--module",
    "nodenext",
    "--target",
    "es2022",
    "--exactOptionalPropertyTypes",
  ];
  execFileSync(join(modules, ".bin/tsc"), [...options, "--lib", "es2022,dom", join(directory, "program.ts")], {
    cwd: directory,
  });
});
