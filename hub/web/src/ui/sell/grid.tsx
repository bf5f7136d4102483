import { useMemo, useState } from "preact/hooks";
import type { Product } from "../../core/contract";
import { money, plain } from "../../i18n/format";
import { t } from "../../i18n/locale";
import { Empty } from "../parts/empty";
import { Button } from "../parts/button";
import { useTill } from "../till";
import { category, open, readSearch, searched } from "./state";

/** Tiles that are drawn at once; nobody looks through more without searching. */
const TILES_MAX = 120;
const FAVOURITES = 40;

/** The goods: those sold lately, those of a category, or those that were searched for. */
export function Grid() {
  const { view, lookup } = useTill();
  const categories = view.categories.value;
  const catalog = view.catalog.value;
  const { words } = readSearch(searched.value);
  const chosen = categories.find((each) => each.name === category.value) ?? null;
  const first = useFirstPage();
  const products = words !== "" ? lookup.search(words, TILES_MAX)
    : chosen !== null ? lookup.inCategory(chosen.name)
    : first;
  const hues = new Map(categories.map((each, at) => [each.name, at % 8]));
  return (
    <>
      <div class="categories" role="group" aria-label={t("sell.categories")}>
        <CategoryButton name={t("sell.favourites")} chosen={words === "" && chosen === null} hue={null} onChoose={() => choose(null)} />
        {categories.map((each, at) => (
          <CategoryButton key={each.name} name={plain(each.name)} chosen={words === "" && chosen?.name === each.name} hue={at % 8} onChoose={() => choose(each.name)} />
        ))}
      </div>
      {catalog.loading !== null && (
        <p class="loading" role="status">
          {catalog.loading.of === null ? t("sell.loading", { have: catalog.loading.have }) : t("sell.loadingOf", { have: catalog.loading.have, of: catalog.loading.of })}
        </p>
      )}
      {products.length > 0
        ? <Tiles key={words === "" ? (chosen?.name ?? "") : "search"} products={products} hues={hues} searching={words !== ""} />
        : <NothingThere words={words} products={catalog.products} />}
    </>
  );
}

/**
 * What was sold lately, filled up with the first goods of every category, so that a new till has a page as well. It stands
 * still while the page is shown: a tile that moves under the finger sells something else.
 */
function useFirstPage(): readonly Product[] {
  const { view, lookup } = useTill();
  const categories = view.categories.value;
  const { version } = view.catalog.value;
  return useMemo(() => {
    const page = new Map(lookup.favourites(FAVOURITES).map((product) => [product.sku, product]));
    const share = Math.ceil((FAVOURITES - page.size) / Math.max(1, categories.length));
    for (const each of categories) {
      for (const product of lookup.inCategory(each.name).slice(0, share)) {
        page.set(product.sku, product);
      }
    }
    return [...page.values()].slice(0, FAVOURITES);
  }, [lookup, categories, version]);
}

function choose(name: string | null): void {
  category.value = name;
  searched.value = "";
}

function CategoryButton({ name, chosen, hue, onChoose }: { readonly name: string; readonly chosen: boolean; readonly hue: number | null; readonly onChoose: () => void }) {
  return (
    <button type="button" class={`category ${hue === null ? "" : `hue-${hue}`}`} aria-pressed={chosen} onClick={onChoose}>
      {name}
    </button>
  );
}

interface GridTile {
  readonly key: string;
  readonly product: Product;
  /** How many kinds of it there are, such as sizes. */
  readonly kinds: number;
}

/** Kinds of one thing share a tile, where the first of them stands; whoever searches sees each. */
function tilesOf(products: readonly Product[], searching: boolean): readonly GridTile[] {
  const tiles = new Map<string, GridTile>();
  for (const product of products) {
    const key = searching ? product.sku : (product.variant?.family ?? product.sku);
    const known = tiles.get(key);
    tiles.set(key, known === undefined ? { key, product, kinds: 1 } : { ...known, kinds: known.kinds + 1 });
  }
  return [...tiles.values()];
}

function hueOf(product: Product, hues: ReadonlyMap<string, number>): number {
  return product.category === null ? 7 : (hues.get(product.category) ?? 7);
}

function FamilyTile({ family, product, kinds, hue }: { readonly family: string; readonly product: Product; readonly kinds: number; readonly hue: number }) {
  return (
    <button type="button" class={`tile hue-${hue}`} aria-haspopup="dialog" title={plain(family)} onClick={() => open({ kind: "family", family })}>
      <span class="tile-name"><bdi>{plain(family)}</bdi></span>
      <span class="tile-foot">
        <span class="tile-price">{t("sell.kinds", { count: kinds })}</span>
        {product.minimumAge !== null && <span class="badge">{t("sell.age", { years: product.minimumAge })}</span>}
      </span>
    </button>
  );
}

function Tiles({ products, hues, searching }: { readonly products: readonly Product[]; readonly hues: ReadonlyMap<string, number>; readonly searching: boolean }) {
  const [most, setMost] = useState(TILES_MAX);
  return (
    <div class="tiles-scroll" tabIndex={-1}>
      <ul class="tiles">
        {tilesOf(products, searching).slice(0, most).map((tile) => (
          <li key={tile.key}>
            {tile.kinds === 1
              ? <Tile product={tile.product} hue={hueOf(tile.product, hues)} />
              : <FamilyTile family={tile.key} product={tile.product} kinds={tile.kinds} hue={hueOf(tile.product, hues)} />}
          </li>
        ))}
      </ul>
      {products.length > most && <Button look="quiet" wide onPress={() => setMost(most + TILES_MAX)}>{t("sell.more", { count: products.length - most })}</Button>}
    </div>
  );
}

export function Tile({ product, hue, onAdded }: { readonly product: Product; readonly hue: number; readonly onAdded?: () => void }) {
  const { view, actions } = useTill();
  const currency = view.store.value?.currency ?? "EUR";
  const price = product.openPrice ? t("sell.openPrice") : priceOf(product, currency);
  return (
    <button
      type="button"
      class={`tile hue-${hue}`}
      title={plain(product.description)}
      onClick={() => {
        const { times } = readSearch(searched.peek());
        if (times === null) {
          actions.basket.add(product.sku);
        } else {
          actions.basket.add(product.sku, times);
        }
        searched.value = "";
        onAdded?.();
      }}
    >
      <span class="tile-name"><bdi>{plain(product.description)}</bdi></span>
      <span class="tile-foot">
        <span class="tile-price">{price}</span>
        {product.minimumAge !== null && <span class="badge">{t("sell.age", { years: product.minimumAge })}</span>}
        {product.deposit !== null && <span class="badge">{t("sell.deposit")}</span>}
      </span>
    </button>
  );
}

export function priceOf(product: Product, currency: string): string {
  const price = money(product.unitPrice, currency);
  switch (product.unit) {
    case "piece":
      return price;
    case "kilogram":
      return t("sell.perKilogram", { price });
    case "litre":
      return t("sell.perLitre", { price });
    case "metre":
      return t("sell.perMetre", { price });
  }
}

function NothingThere({ words, products }: { readonly words: string; readonly products: number }) {
  if (words !== "") {
    return <Empty icon="search" title={t("sell.nothingFound", { words: plain(words) })}>{t("sell.nothingFound.hint")}</Empty>;
  }
  if (products === 0) {
    return <Empty icon="stock" title={t("sell.noCatalog")}>{t("sell.noCatalog.hint")}</Empty>;
  }
  return <Empty icon="sell" title={t("sell.emptyCategory")}>{t("sell.emptyCategory.hint")}</Empty>;
}
