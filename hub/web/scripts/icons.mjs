// Draws the till's icons: two posts and a bar that holds them, on the house's green. `node scripts/icons.mjs` writes them anew.
import { writeFileSync } from "node:fs";
import { deflateSync } from "node:zlib";

const GROUND = [22, 78, 72];
const MARK = [244, 241, 232];

/** Whether a point of the unit square is a part of the mark, drawn within `share` of it. */
function isMark(x, y, share) {
  const [u, v] = [(x - 0.5) / share + 0.5, (y - 0.5) / share + 0.5];
  const inPost = (from) => u >= from && u <= from + 0.16 && v >= 0.18 && v <= 0.82;
  return inPost(0.2) || inPost(0.64) || (v >= 0.43 && v <= 0.57 && u >= 0.2 && u <= 0.8);
}

function isGround(x, y, radius) {
  const [dx, dy] = [Math.max(radius - x, x - (1 - radius), 0), Math.max(radius - y, y - (1 - radius), 0)];
  return Math.hypot(dx, dy) <= radius;
}

function crc(bytes) {
  let c = ~0;
  for (const byte of bytes) {
    c ^= byte;
    for (let bit = 0; bit < 8; bit += 1) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  }
  return ~c >>> 0;
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc(body));
  return Buffer.concat([size, body, check]);
}

function png(size, radius, share) {
  const rows = [];
  const steps = 4;
  for (let y = 0; y < size; y += 1) {
    const row = [0];
    for (let x = 0; x < size; x += 1) {
      let [ground, mark] = [0, 0];
      for (let sub = 0; sub < steps * steps; sub += 1) {
        const [u, v] = [(x + (sub % steps) / steps) / size, (y + Math.floor(sub / steps) / steps) / size];
        if (!isGround(u, v, radius)) continue;
        ground += 1;
        if (isMark(u, v, share)) mark += 1;
      }
      const part = ground === 0 ? 0 : mark / ground;
      row.push(...GROUND.map((value, at) => Math.round(value + (MARK[at] - value) * part)), Math.round((ground / steps ** 2) * 255));
    }
    rows.push(Buffer.from(row));
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(size, 0);
  head.writeUInt32BE(size, 4);
  head.set([8, 6, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk("IHDR", head), chunk("IDAT", deflateSync(Buffer.concat(rows), { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

const at = (name) => new URL(`../public/icons/${name}.png`, import.meta.url);
writeFileSync(at("till-192"), png(192, 0.2, 0.9));
writeFileSync(at("till-512"), png(512, 0.2, 0.9));
// Whatever shape a device cuts out, the mark stays whole.
writeFileSync(at("till-maskable-512"), png(512, 0, 0.66));
