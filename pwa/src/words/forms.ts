/** A text, or its plural forms by `Intl.PluralRules`. */
export type Forms = string | { readonly one?: string; readonly other: string };
