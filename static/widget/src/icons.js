/** Paths on a 24 × 24 grid, drawn as lines by the stylesheet. */
export const CHAT =
  "M21 11.5a8.4 8.4 0 0 1-8.5 8.3 8.9 8.9 0 0 1-3.7-.8L3.5 20.5l1.4-4.6A8.1 8.1 0 0 1 4 11.5a8.4 8.4 0 0 1 8.5-8.3A8.4 8.4 0 0 1 21 11.5Z";
export const DOWN = "m5 9 7 7 7-7";
export const CLOSE = "M6 6l12 12M18 6 6 18";
export const MORE = "M5 12h.01M12 12h.01M19 12h.01";
export const SEND = "M12 19V5M5.5 11.5 12 5l6.5 6.5";
export const STOP = "M7.5 7.5h9v9h-9z";
export const COPY = "M9 9h10v11H9zM5 15V4h10";
export const CHECK = "m5 12.5 4.5 4.5L19 7.5";
export const READ = "m1.5 12.5 4.5 4.5L15 8M12 16l1 1 9-9";
export const GOOD =
  "M7 11v9M7 11l4-7.5c1.5 0 2.5 1 2.5 2.5v3.5H19a2 2 0 0 1 2 2.3l-1 6a2 2 0 0 1-2 1.7H7M3.5 11H7v9H3.5z";
export const BAD =
  "M17 13V4M17 13l-4 7.5c-1.5 0-2.5-1-2.5-2.5v-3.5H5a2 2 0 0 1-2-2.3l1-6A2 2 0 0 1 6 4.5h11M20.5 13H17V4h3.5z";
export const CALENDAR = "M4 6h16v14H4zM4 10.5h16M8.5 3v5M15.5 3v5";
export const PERSON = "M12 11.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20.5c.8-4 3.8-5.5 7.5-5.5s6.7 1.5 7.5 5.5";
export const PENCIL = "M4 20l1-4.5L16.5 4 20 7.5 8.5 19zM14 6.5l3.5 3.5";
export const ALERT = "M12 8v5M12 16.5h.01M12 3.5 2.5 20h19z";
export const MAIL = "M3.5 6h17v12h-17zM4 6.5l8 6.5 8-6.5";
export const INFO = "M12 11v5.5M12 7.5h.01M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z";
export const SEARCH = "M11 4.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM16 16l4.5 4.5";
export const SAVE = "M12 4v10.5M7 10l5 5 5-5M4.5 19.5h15";
export const MIC =
  "M12 14.5a3.2 3.2 0 0 0 3.2-3.2V6.2a3.2 3.2 0 0 0-6.4 0v5.1a3.2 3.2 0 0 0 3.2 3.2ZM6 11.5a6 6 0 0 0 12 0M12 17.5v3.5";
export const LEAVE = "M13 4H5v16h8M16 8l4 4-4 4M20 12H9.5";
export const SHIELD = "M12 3.5 5 6v5.5c0 4.3 2.9 7.5 7 9 4.1-1.5 7-4.7 7-9V6zM9 12l2.2 2.2L15 10.4";
