import { describe, expect, it } from "vitest";
import { FILES, committed, generate } from "../../scripts/protocol-types.mjs";

describe("the generated types", () => {
  it.each(FILES)("of $document are those of the document as it is now", async (file) => {
    expect(await committed(file)).toBe(await generate(file));
  });
});
