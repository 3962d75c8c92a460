/** The chat as a React component. */
import { createElement, useEffect, useRef } from "react";
import { use } from "./index.js";

/** @param {import("./react.js").Props} props */
export function InterworkyChat({ host, assistant, inline, user, token, on, style, className, ...settings }) {
  /** What is called later is what was given last. */
  const latest = useRef(on);
  latest.current = on;
  const options = { host, key: assistant, ...settings, ...(inline && { mode: "inline" }) };

  useEffect(() => {
    const widget = use(options);
    /** @type {(() => void)[]} */
    let stops = [];
    widget.ready((api) => {
      stops = Object.keys(latest.current ?? {}).map((name) =>
        api.on(name, (detail) => latest.current?.[name]?.(detail)),
      );
    });
    return () => {
      stops.forEach((stop) => stop());
      widget.end();
    };
  }, [JSON.stringify(options)]);

  const id = user?.id;
  useEffect(() => {
    if (!user) return;
    const widget = use(options);
    widget.ready((api) => api.identify(user, token === undefined ? undefined : { token }));
    return widget.end;
  }, [id, user?.name, user?.email, JSON.stringify(user?.attributes), typeof token === "string" ? token : ""]);

  return inline ? createElement("interworky-chat", { style: { display: "block", ...style }, class: className }) : null;
}
