/** The stylesheet of files. */
import { createStylesheet } from "../stylesheet.js";
import css from "./files.css";

export const dress = createStylesheet(css);
