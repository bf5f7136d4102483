import type { Category, Product } from "../../core/contract";

/** A shop's goods, such as every street has: nobody's brand. */
interface Shelf {
  readonly category: string;
  readonly unit?: Product["unit"];
  readonly deposit?: boolean;
  readonly age?: number;
  readonly goods: readonly (readonly [name: string, price: string])[];
}

const SHELVES: readonly Shelf[] = [
  { category: "Bakery", goods: [["Wheat roll", "0.45"], ["Rye roll", "0.55"], ["Poppy roll", "0.65"], ["Pretzel", "0.95"], ["Butter croissant", "1.65"], ["Chocolate croissant", "1.95"], ["Apple turnover", "2.20"], ["Cinnamon bun", "2.40"], ["Sourdough loaf 750 g", "4.90"], ["Wholegrain loaf 500 g", "3.80"], ["Baguette", "1.90"], ["Carrot cake slice", "3.50"], ["Cheesecake slice", "3.70"]] },
  { category: "Hot counter", goods: [["Coffee, small", "2.60"], ["Coffee, large", "3.20"], ["Espresso", "2.10"], ["Flat white", "3.60"], ["Cappuccino", "3.40"], ["Tea, cup", "2.30"], ["Hot chocolate", "3.50"], ["Soup of the day", "5.90"], ["Cheese toastie", "4.80"], ["Lentil salad", "5.40"]] },
  { category: "Fruit and vegetables", unit: "kilogram", goods: [["Apples, red", "2.99"], ["Apples, green", "2.79"], ["Pears", "3.49"], ["Bananas", "1.89"], ["Oranges", "2.49"], ["Grapes, white", "4.99"], ["Tomatoes on the vine", "3.99"], ["Cucumber", "1.99"], ["Carrots", "1.49"], ["Potatoes, waxy", "1.29"], ["Onions", "1.39"], ["Mushrooms", "7.90"]] },
  { category: "Dairy", goods: [["Milk 3.5 % 1 l", "1.29"], ["Milk 1.5 % 1 l", "1.19"], ["Oat drink 1 l", "1.99"], ["Butter 250 g", "2.69"], ["Yoghurt, plain 500 g", "1.49"], ["Yoghurt, strawberry 150 g", "0.79"], ["Cream 200 g", "1.09"], ["Mozzarella 125 g", "1.39"], ["Mountain cheese 200 g", "4.49"], ["Eggs, free range, 10", "3.79"]] },
  { category: "Drinks", deposit: true, goods: [["Mineral water 0.75 l", "0.79"], ["Mineral water, still 0.75 l", "0.79"], ["Apple juice 1 l", "1.99"], ["Orange juice 1 l", "2.49"], ["Lemonade 0.5 l", "1.49"], ["Cola 0.5 l", "1.59"], ["Iced tea 0.5 l", "1.69"], ["Ginger beer 0.33 l", "2.29"], ["Alcohol-free beer 0.5 l", "1.29"]] },
  { category: "Wine and spirits", age: 18, goods: [["Red wine, dry 0.75 l", "8.90"], ["White wine, dry 0.75 l", "7.90"], ["Sparkling wine 0.75 l", "9.90"], ["Plum brandy 0.5 l", "18.90"], ["Gin 0.7 l", "24.90"], ["Whisky 0.7 l", "32.90"]] },
  { category: "Pantry", goods: [["Spaghetti 500 g", "1.79"], ["Penne 500 g", "1.79"], ["Rice 1 kg", "2.99"], ["Red lentils 500 g", "2.49"], ["Olive oil 0.5 l", "8.99"], ["Vinegar 0.5 l", "2.79"], ["Tomato sauce 400 g", "2.29"], ["Flour 1 kg", "1.19"], ["Sugar 1 kg", "1.49"], ["Sea salt 500 g", "1.29"], ["Black pepper 50 g", "2.99"], ["Honey 500 g", "6.49"], ["Strawberry jam 340 g", "3.29"], ["Peanut butter 350 g", "3.79"], ["Dark chocolate 100 g", "1.99"], ["Milk chocolate 100 g", "1.69"], ["Crisps, salted 175 g", "1.99"], ["Mixed nuts 200 g", "4.29"]] },
  { category: "Household", goods: [["Kitchen roll, 4", "3.29"], ["Toilet paper, 8", "4.49"], ["Washing-up liquid 500 ml", "1.99"], ["Laundry detergent 1.3 l", "7.99"], ["Sponges, 5", "1.79"], ["Bin bags 35 l, 20", "2.49"], ["Candles, 10", "3.99"], ["Matches, 3", "1.29"], ["Batteries AA, 4", "4.99"], ["Light bulb LED 8 W", "5.49"]] },
  { category: "Flowers and gifts", goods: [["Tulips, bunch", "5.90"], ["Roses, bunch", "12.90"], ["Orchid, potted", "14.90"], ["Greeting card", "3.50"], ["Gift wrap, roll", "4.20"], ["Cotton bag", "2.50"], ["Mug, blue", "9.90"], ["Notebook A5", "6.90"], ["Pen, black", "2.20"]] },
];

export const DEPOSIT = "900001";

function product(sku: string, name: string, price: string, shelf: Shelf, at: number): Product {
  return {
    sku,
    description: name,
    barcodes: [`4${sku}${String(at).padStart(6, "0")}`],
    unit: shelf.unit ?? "piece",
    unitPrice: price,
    category: shelf.category,
    variant: null,
    openPrice: false,
    deposit: shelf.deposit === true ? DEPOSIT : null,
    minimumAge: shelf.age ?? null,
    stock: "counter",
  };
}

export function goods(): readonly Product[] {
  const made = SHELVES.flatMap((shelf, row) => shelf.goods.map(([name, price], at) => product(String(100100 + row * 100 + at), name, price, shelf, row * 100 + at)));
  const open: Product = { sku: "900100", description: "Sundry goods 20 %", barcodes: [], unit: "piece", unitPrice: "0", category: "Flowers and gifts", variant: null, openPrice: true, deposit: null, minimumAge: null, stock: "untracked" };
  const bottle: Product = { sku: DEPOSIT, description: "Bottle deposit", barcodes: [], unit: "piece", unitPrice: "0.25", category: null, variant: null, openPrice: false, deposit: null, minimumAge: null, stock: "untracked" };
  const shirts = ["S", "M", "L"].map((size, at): Product => ({ sku: `90020${at}`, description: `Cotton shirt, ${size}`, barcodes: [`490020${at}000009`], unit: "piece", unitPrice: "14.90", category: "Flowers and gifts", variant: { family: "Cotton shirt", name: `Size ${size}` }, openPrice: false, deposit: null, minimumAge: null, stock: "counter" }));
  return [...made, ...shirts, open, bottle];
}

/** Names that somebody might put into a catalog to break what shows them. */
export function hostileGoods(): readonly Product[] {
  const names = [
    '<img src=x onerror="document.title=1">',
    "<script>document.title=1</script> & \"quotes\" 'n' <b>bold</b>",
    `Endless${"x".repeat(393)}`,
    `${"Very long name of words ".repeat(17)}`.slice(0, 400),
    "\u202eevil reversed\u202c \u2066isolated",
    "{amount} {count} ${money}",
    "\u0000\u0007\u001b[31mcontrol",
    "قهوة عربية 250 غ",
    "🥐".repeat(60),
  ];
  return names.map((name, at) => ({ sku: `H${at}`, description: name, barcodes: [`999000000000${at}`], unit: "piece", unitPrice: "1.00", category: '<i onmouseover="1">Hostile</i>', variant: null, openPrice: false, deposit: null, minimumAge: null, stock: "counter" }));
}

export function categoriesOf(products: readonly Product[]): readonly Category[] {
  const counts = new Map<string, number>();
  for (const { category } of products) {
    if (category !== null) {
      counts.set(category, (counts.get(category) ?? 0) + 1);
    }
  }
  return [...counts].map(([name, count]) => ({ name, products: count }));
}

export function barcodeOf(products: readonly Product[], name: string): string {
  return products.find((each) => each.description === name)?.barcodes[0] ?? "";
}
