/** Icons of files, in the view box of `../icons.js`. */
export const CLIP =
  "M20.5 11.5 12 20a5.5 5.5 0 0 1-8-8l8.5-8.5a3.7 3.7 0 0 1 5.3 5.3L9.5 17a1.8 1.8 0 0 1-2.6-2.6L14.5 7";
export const PAPER = "M6 3h8l4.5 4.5V21H6zM14 3v5h4.5";
