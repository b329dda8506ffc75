// Package emulator runs the built coordinator and spotd, as processes and through the real SDK over HTTP, against an
// emulator of AWS that others wrote: moto's server. Our simulated cloud tells what we believe; this suite tells what the
// wire says.
//
// Between the processes and the emulator stands a proxy (cloud). It counts requests, cuts a process off between any two of
// them, and corrects the emulator where it departs from AWS in what the product depends on. Every correction names the row
// of docs/fidelity.md that it stands for, and a test of its own shows that it is still needed.
package emulator
