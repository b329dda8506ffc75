// Package offline makes the worlds that decide works on from files: what the AWS CLI prints of groups, instances, launch templates,
// images, types, prices and more, and the formats of published market data. Nothing is called: the files are an account that answers as
// EC2 and Auto Scaling would, and act, which reads a live account, reads this one. So there is one way to judge what a description says.
// What no file tells is assumed, and every assumption is named.
package offline
