import type { Settings, Token, Visitor } from "./index.js";

export interface Props {
    host: string;
    /** The assistant's public key. */
    assistant: string;
    /** The chat is where the component is. */
    inline?: boolean;
    user?: Visitor;
    token?: Token;
    settings?: Settings;
}

/** A component; its events are the widget's. */
export const InterworkyChat: new (...args: any[]) => { $props: Props };
