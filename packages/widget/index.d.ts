/** The widget's settings: attributes of the script tag (`data-locale`), `window.interworkySettings`, or those of `load()`. */
export interface Settings {
    /** How the assistant looked when its tag was copied: `#0f766e left`. */
    look?: string;
    accent?: string;
    position?: "left" | "right";
    theme?: "light" | "dark";
    /** Such as `de` or `en-GB`. */
    locale?: string;
    /** A text on the button. */
    label?: string;
    /** A CSS selector of elements that open and close the chat in place of its own button. */
    launcher?: string;
    phonePosition?: "left" | "right";
    /** From the side and the bottom, in pixels: `24 80`. */
    offset?: string;
    phoneOffset?: string;
    zIndex?: number | string;
    /** Paths such as `/prices, /blog/*`. */
    showOn?: string;
    hideOn?: string;
    /** An invitation beside the button; empty for none. */
    teaser?: string;
    /** In seconds; 0 for not by time. */
    teaserAfter?: number | string;
    teaserOnExit?: boolean | "true" | "false";
    sound?: boolean | "true" | "false";
    /** `page`: the chat is the whole page. `inline`: only in `<interworky-chat>`. */
    mode?: "page" | "inline";
    /** The launcher is not shown until `show()`: the page has a button of its own. */
    hidden?: boolean;
}

export interface LoadOptions extends Settings {
    /** Where Interworky runs: `https://chat.example.com`. */
    host: string;
    /** The assistant's public key. */
    key: string;
}

export interface Visitor {
    /** The user's ID on your site, with a token. */
    id?: string;
    name?: string;
    email?: string;
    attributes?: Record<string, string | number | boolean | null>;
}

/** A JWT of your server, or a function that returns one whenever one is needed. */
export type Token = string | (() => string | Promise<string>);

export interface Events {
    ready: { voice: boolean; voice_reason?: string };
    open: undefined;
    close: undefined;
    "message:sent": { id: string; role: "visitor" };
    "message:received": { id: string; role: "assistant" | "staff" | "system" };
    card: { id: string; kind: "slots" | "confirm" | "receipt" | "contact" | "verify" };
    conversation: { state: "assistant" | "waiting" | "staff" | "closed" | undefined };
    unread: { count: number };
    identified: { id: string };
    error: { code: string; reason?: string };
}

export interface Interworky {
    /** Each is fulfilled once it is done, and rejected where the panel cannot be fetched. */
    open(): Promise<unknown>;
    close(): Promise<unknown>;
    toggle(): Promise<unknown>;
    /** The launcher; hiding it closes the panel. */
    show(): void;
    hide(): void;
    sendMessage(text: string): Promise<unknown>;
    /** What the page knows of the visitor: data, and only with a token proof. Waits until the panel is fetched. */
    identify(visitor: Visitor): Promise<unknown>;
    identify(visitor: Visitor, proof: { token: Token } | undefined): Promise<{ id: string; ignored: string[] }>;
    setContext(page: { url?: string; title?: string }): Promise<unknown>;
    setLocale(locale: string): Promise<unknown>;
    setTheme(theme: "light" | "dark" | "auto"): Promise<unknown>;
    /** Forgets the visitor in this browser, as after a log-out. */
    reset(): Promise<unknown>;
    /** Puts the widget on the page, inside the element where one is given. */
    inject(container?: Element): void;
    remove(): void;
    reinject(): void;
    /** Begins again with other settings, such as another assistant's key. */
    init(settings: Settings & { key?: string }): void;
    destroy(): Promise<unknown>;
    on<Name extends keyof Events>(event: Name, listener: (detail: Events[Name]) => void): () => void;
    off<Name extends keyof Events>(event: Name, listener: (detail: Events[Name]) => void): void;
    push(...commands: Command[]): void;
}

/** A command as it is queued before the script has come: `["open"]`. */
export type Command = [command: string, ...values: unknown[]];

export function load(options: LoadOptions): Promise<Interworky>;

/** For components of other frameworks: the widget until `end()` is called. */
export function use(options: LoadOptions): { ready(run: (api: Interworky) => void): void; end(): void };

type PageEvents = { [Name in keyof Events as `interworky:${Name}`]: CustomEvent<Events[Name]> };

declare global {
    interface Window {
        Interworky?: any;
        interworkySettings?: Settings & { key?: string; host?: string };
    }
    interface DocumentEventMap extends PageEvents {}
    interface HTMLElementTagNameMap {
        "interworky-chat": HTMLElement;
    }
}
