export interface GeneratedFile {
  readonly out: string;
  readonly document: string;
}
export const FILES: readonly GeneratedFile[];
export function generate(file: GeneratedFile): Promise<string>;
export function committed(file: GeneratedFile): Promise<string>;
