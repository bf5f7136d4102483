/** Small facts by name, each read back through a decoder: what an older version of the till wrote is not trusted blindly. */
import type { Decoder } from "../../protocol/decode";
import type { EntityTable } from "dexie";
import type { FactRow } from "./database";

export async function remember(table: EntityTable<FactRow, "name">, name: string, value: unknown): Promise<void> {
  await table.put({ name, value });
}

/** None where nothing is kept, or nothing that can be read. */
export async function recall<T>(table: EntityTable<FactRow, "name">, name: string, decoder: Decoder<T>): Promise<T | null> {
  const row = await table.get(name);
  if (row === undefined) return null;
  try {
    return decoder(row.value, name);
  } catch {
    return null;
  }
}
