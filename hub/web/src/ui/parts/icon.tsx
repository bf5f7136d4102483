/** The till's own pictograms, drawn on a field of 24 by 24. They are decoration: what they stand beside says what they mean. */
const PATHS = {
  sell: "M4 5h2l2 11h10l2-8H7M9 20h.01M17 20h.01",
  parked: "M8 5v14M16 5v14",
  receipt: "M6 3v18l2-1.5L10 21l2-1.5 2 1.5 2-1.5 2 1.5V3l-2 1.5L14 3l-2 1.5L10 3 8 4.5zM9 9h6M9 13h6",
  stock: "M4 8l8-4 8 4v8l-8 4-8-4zM4 8l8 4 8-4M12 12v8",
  drawer: "M4 10h16v9H4zM6 10V5h12v5M10 14.5h4",
  reports: "M5 20V11M10 20V5M15 20v-6M20 20V9",
  status: "M3 12h4l3-7 4 14 3-7h4",
  settings: "M5 7h9M18 7h1M5 12h1M10 12h9M5 17h7M16 17h3M16 5v4M8 10v4M14 15v4",
  search: "M11 5a6 6 0 1 0 0 12 6 6 0 0 0 0-12zM15.5 15.5L20 20",
  scan: "M4 8V5h3M17 5h3v3M20 16v3h-3M7 19H4v-3M8 9v6M11 9v6M13.5 9v6M16 9v6",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  close: "M6 6l12 12M18 6L6 18",
  check: "M5 12.5l4.5 4.5L19 7.5",
  back: "M15 5l-7 7 7 7",
  onward: "M9 5l7 7-7 7",
  erase: "M9 6h11v12H9l-5-6zM12 9.5l5 5M17 9.5l-5 5",
  lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  person: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4.5 20c1-4 4-5.5 7.5-5.5s6.5 1.5 7.5 5.5",
  customer: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4.5 20c1-4 4-5.5 7.5-5.5s6.5 1.5 7.5 5.5",
  more: "M5 12a.6 .6 0 1 0 1.2 0 .6 .6 0 1 0-1.2 0M11.4 12a.6 .6 0 1 0 1.2 0 .6 .6 0 1 0-1.2 0M17.8 12a.6 .6 0 1 0 1.2 0 .6 .6 0 1 0-1.2 0",
  note: "M5 4h14v11l-5 5H5zM14 20v-5h5M9 9h6",
  discount: "M6 18L18 6M8 6.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3zM16 14.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3z",
  price: "M4 4h8l8 8-8 8-8-8zM8 8h.01",
  trash: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5",
  cash: "M3 7h18v10H3zM12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5zM6 10v.01M18 14v.01",
  card: "M3 6h18v12H3zM3 10h18M6.5 14.5h4",
  qr: "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2v2h-2zM18 18h2v2h-2zM18 14h2M14 18v2",
  gift: "M4 10h16v10H4zM3 7h18v3H3zM12 7v13M12 7c-5 0-5-4-2.5-4S12 7 12 7c0 0 0-4 2.5-4S17 7 12 7z",
  account: "M4 5h16v14H4zM8 9h4M8 13h8M8 16h5",
  warn: "M12 4l9 16H3zM12 10v4.5M12 17.2v.01",
  stop: "M8 3h8l5 5v8l-5 5H8l-5-5V8zM12 8v5M12 16v.01",
  help: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM9.5 9.5c0-3.3 5-3.3 5 0 0 2-2.5 2-2.5 4M12 16.5v.01",
  scale: "M7 20h10M12 20V4M5 7h14M5 7l-2.5 6a2.5 2.5 0 0 0 5 0zM19 7l-2.5 6a2.5 2.5 0 0 0 5 0z",
  printer: "M7 9V4h10v5M7 16H4V9h16v7h-3M7 13.5h10V20H7z",
  mail: "M3 6h18v12H3zM3 7l9 7 9-7",
  returned: "M9 6L4 11l5 5M4 11h10a5 5 0 0 1 0 10h-2",
  exchange: "M4 8h14l-3-3M20 16H6l3 3",
  repeat: "M5 11a7 7 0 0 1 12-4l2 2M19 4v5h-5M19 13a7 7 0 0 1-12 4l-2-2M5 20v-5h5",
  here: "M5 5h14v10H5zM9 19h6M12 15v4",
  hub: "M5 4h14v7H5zM5 13h14v7H5zM8.5 7.5h.01M8.5 16.5h.01",
  headquarters: "M5 20V8l7-4 7 4v12M9 20v-5h6v5M9 11h.01M15 11h.01",
  wait: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 8v4.5l3 2",
  device: "M7 3h10v18H7zM10 6h4M10 12h.01M14 12h.01M10 15h.01M14 15h.01M10 18h.01M14 18h.01",
  anchor: "M12 7a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM12 7v13M5 13c0 4.5 3.5 7 7 7s7-2.5 7-7M8 10h8",
  training: "M12 4L2 9l10 5 10-5zM6 11.5V16c3.5 2.7 8.5 2.7 12 0v-4.5",
  age: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM8 9.5v5M11 10a1.4 1.4 0 1 1 2.8 0 1.4 1.4 0 0 1-2.8 0M11 13.5a1.4 1.4 0 1 1 2.8 0 1.4 1.4 0 0 1-2.8 0",
  move: "M8 4v16M8 20l-3-3M8 20l3-3M16 20V4M16 4l-3 3M16 4l3 3",
  eye: "M2.5 12C5 7.5 8.3 5.5 12 5.5s7 2 9.5 6.5c-2.5 4.5-5.8 6.5-9.5 6.5S5 16.5 2.5 12zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
  calendar: "M4 6h16v14H4zM4 10h16M8 3.5V7M16 3.5V7",
} as const;

export type IconName = keyof typeof PATHS;

const TURNS: ReadonlySet<IconName> = new Set<IconName>(["back", "onward", "erase", "returned"]);

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class={TURNS.has(name) ? "icon icon-turns" : "icon"} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
