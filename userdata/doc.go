// Package userdata puts the spotd bootstrap into an instance's user data and
// takes it out again, to the byte.
//
// Everything here is pure and works on raw bytes, before base64 (the SDK for
// Go does not encode for the caller). User data that cannot take the
// bootstrap safely passes through unchanged, with the reason.
//
// # Order
//
// cloud-init runs the script parts of a multipart message in the order of
// their file names (its run_parts). Ours is 000-spotd and runs first, so
// that an owner's script that hangs cannot keep a notice away; it forks and
// returns at once, so that the owner's is not delayed, unless Settings.Await
// wants just that. The owner's keeps the
// name part-001, which cloud-init gives to plain user data, and so its $0.
package userdata
