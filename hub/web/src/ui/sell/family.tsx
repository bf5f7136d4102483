import { plain } from "../../i18n/format";
import { Dialog } from "../parts/dialog";
import { useTill } from "../till";
import { Tile } from "./grid";

/** The kinds of one thing, such as sizes: one more touch says which. */
export function FamilySheet({ family, onClose }: { readonly family: string; readonly onClose: () => void }) {
  const { view, lookup } = useTill();
  const kinds = view.categories.value.flatMap((category) => lookup.inCategory(category.name)).filter((product) => product.variant?.family === family);
  return (
    <Dialog title={plain(family)} onClose={onClose}>
      <ul class="tiles">
        {kinds.map((product, at) => <li key={product.sku}><Tile product={{ ...product, description: product.variant?.name ?? product.description }} hue={at % 8} onAdded={onClose} /></li>)}
      </ul>
    </Dialog>
  );
}
