/** The chat as a Vue component. Its events are the widget's: `@message:received`. */
import { defineComponent, h, onBeforeUnmount, onMounted, watch } from "vue";
import { use } from "./index.js";

const EVENTS = [
  "ready", "open", "close", "message:sent", "message:received", "card", "conversation", "unread", "identified", "error",
]; // prettier-ignore

export const InterworkyChat = defineComponent({
  name: "InterworkyChat",
  props: {
    host: { type: String, required: true },
    assistant: { type: String, required: true },
    inline: Boolean,
    user: Object,
    token: [String, Function],
    settings: Object,
  },
  emits: EVENTS,
  setup(props, { emit }) {
    /** @type {ReturnType<typeof use> | undefined} */
    let widget;
    /** @type {(() => void)[]} */
    let stops = [];

    const identify = () =>
      props.user &&
      widget?.ready((api) => api.identify(props.user, props.token === undefined ? undefined : { token: props.token }));

    function begin() {
      widget = use({
        host: props.host, key: props.assistant, ...props.settings, ...(props.inline && { mode: "inline" }),
      }); // prettier-ignore
      widget.ready((api) => (stops = EVENTS.map((name) => api.on(name, (detail) => emit(name, detail)))));
      identify();
    }

    function end() {
      stops.forEach((stop) => stop());
      widget?.end();
    }

    onMounted(begin);
    onBeforeUnmount(end);
    watch(() => [props.host, props.assistant], () => (end(), begin())); // prettier-ignore
    watch(() => props.user, identify, { deep: true });
    return () => (props.inline ? h("interworky-chat", { style: { display: "block" } }) : null);
  },
});
