<?php
/**
 * Plugin Name: Interworky chat
 * Description: Shows the chat of your Interworky assistant on every page.
 * Version: 0.1.0
 * Requires at least: 5.9
 * Requires PHP: 7.4
 * License: Apache-2.0
 * Text Domain: interworky
 *
 * @package Interworky
 */

defined( 'ABSPATH' ) || exit;

/** The two settings, which administrators enter under Settings → Interworky chat. */
function interworky_settings() {
	$settings = get_option( 'interworky', array() );
	$settings = is_array( $settings ) ? $settings : array();
	return array_merge(
		array(
			'host' => '',
			'key'  => '',
		),
		$settings
	);
}

/** Keeps an origin and a public key, and nothing else. */
function interworky_sanitize( $given ) {
	$given = is_array( $given ) ? $given : array();
	$parts = wp_parse_url( trim( isset( $given['host'] ) ? (string) $given['host'] : '' ) );
	$host  = '';
	if ( is_array( $parts ) && ! empty( $parts['host'] ) && in_array( isset( $parts['scheme'] ) ? $parts['scheme'] : '', array( 'https', 'http' ), true ) ) {
		$host = $parts['scheme'] . '://' . $parts['host'] . ( isset( $parts['port'] ) ? ':' . $parts['port'] : '' );
	} else {
		add_settings_error( 'interworky', 'host', __( 'Enter the address of your Interworky server, such as https://chat.example.com.', 'interworky' ) );
	}
	$key = trim( isset( $given['key'] ) ? (string) $given['key'] : '' );
	if ( ! preg_match( '/\Apk_[A-Za-z0-9_-]{1,60}\z/', $key ) ) {
		add_settings_error( 'interworky', 'key', __( 'Enter the public key of the assistant, which begins with pk_.', 'interworky' ) );
		$key = '';
	}
	return array(
		'host' => $host,
		'key'  => $key,
	);
}

add_action(
	'admin_init',
	function () {
		register_setting( 'interworky', 'interworky', array( 'sanitize_callback' => 'interworky_sanitize' ) );
	}
);

add_action(
	'admin_menu',
	function () {
		add_options_page( 'Interworky chat', 'Interworky chat', 'manage_options', 'interworky', 'interworky_page' );
	}
);

/** The page with the settings. */
function interworky_page() {
	$settings = interworky_settings();
	?>
	<div class="wrap">
		<h1>Interworky chat</h1>
		<form method="post" action="options.php">
			<?php settings_fields( 'interworky' ); ?>
			<table class="form-table" role="presentation">
				<tr>
					<th scope="row"><label for="interworky-host"><?php esc_html_e( 'Server', 'interworky' ); ?></label></th>
					<td><input class="regular-text" type="url" id="interworky-host" name="interworky[host]" placeholder="https://chat.example.com" value="<?php echo esc_attr( $settings['host'] ); ?>"></td>
				</tr>
				<tr>
					<th scope="row"><label for="interworky-key"><?php esc_html_e( 'Public key', 'interworky' ); ?></label></th>
					<td><input class="regular-text" type="text" id="interworky-key" name="interworky[key]" placeholder="pk_…" value="<?php echo esc_attr( $settings['key'] ); ?>"></td>
				</tr>
			</table>
			<?php submit_button(); ?>
		</form>
	</div>
	<?php
}

add_action(
	'wp_footer',
	function () {
		$settings = interworky_settings();
		if ( $settings['host'] && $settings['key'] ) {
			// phpcs:ignore WordPress.WP.EnqueuedResources.NonEnqueuedScript -- the tag's own attributes are its settings.
			printf( '<script async src="%s/widget.js" data-key="%s"></script>' . "\n", esc_url( $settings['host'] ), esc_attr( $settings['key'] ) );
		}
	}
);
