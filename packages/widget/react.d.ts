import type { Events, Settings, Token, Visitor } from "./index.js";

export interface Props extends Omit<Settings, "mode"> {
    host: string;
    /** The assistant's public key. */
    assistant: string;
    /** The chat is where the component is, in an element with this style. */
    inline?: boolean;
    style?: Record<string, string | number>;
    className?: string;
    user?: Visitor;
    token?: Token;
    /** Listeners by event. */
    on?: { [Name in keyof Events]?: (detail: Events[Name]) => void };
}

export function InterworkyChat(props: Props): any;
