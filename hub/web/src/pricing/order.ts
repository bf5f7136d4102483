/** The order of codes: by their bytes in UTF-8, on every device. */

/**
 * The order of UTF-8 is that of code points. JavaScript compares halves of surrogate pairs, which sorts a code point above
 * U+FFFF before U+E000.
 */
export function byBytes(a: string, b: string): number {
  const [left, right] = [a[Symbol.iterator](), b[Symbol.iterator]()];
  for (;;) {
    const [one, other] = [left.next(), right.next()];
    if (one.done === true || other.done === true) {
      return Number(one.done !== true) - Number(other.done !== true);
    }
    const difference = (one.value.codePointAt(0) ?? 0) - (other.value.codePointAt(0) ?? 0);
    if (difference !== 0) {
      return difference;
    }
  }
}
