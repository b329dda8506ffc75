package snapshot

// cpuOptions is which numbers of cores CPU options may ask for; - where a type
// takes no CPU options (EC2 user guide, "Supported CPU options for Amazon EC2
// instance types"; VCpuInfo.ValidCores). Every family has a row: what has none
// is unknown to this package.
var cpuOptions = newTable(`
a1: medium,large,xlarge,2xlarge,4xlarge,metal=-
c1: medium,xlarge=-
c3 r3: large=1 xlarge=1,2 2xlarge=1-4 4xlarge=1-8 8xlarge=2-16/2
c4: large=1 xlarge=1,2 2xlarge=1-4 4xlarge=1-8 8xlarge=2-18/2
c5 c5d: large=1 xlarge=2 2xlarge=2,4 4xlarge=2-8/2 9xlarge=2-18/2 12xlarge=2-24/2 18xlarge=4-36/2 24xlarge=2-48/2 metal=-
c5a c5ad: large=1 xlarge=1,2 2xlarge=1-4 4xlarge=1-4,8 8xlarge=1-4,8-16/4 12xlarge=1-4,8-24/4 16xlarge=1-4,8-32/4 24xlarge=1-4,8-48/4
c5n: large=1 xlarge=2 2xlarge=2,4 4xlarge=2-8/2 9xlarge=2-18/2 18xlarge=4-36/2 metal=-
c6a m6a r6a: large=1 xlarge=1,2 2xlarge=1-4 4xlarge=1-8 8xlarge=4-16/2 12xlarge=1-8,16,24 16xlarge=4-16/2,32 24xlarge=4-16/2,32,48 32xlarge=8-32/4,64
c6a m6a r6a: 48xlarge=8-32/4,64,96 metal=-
c6g c6gd c7g c7gd c7gn m6g m6gd m7g m7gd r6g r6gd r7g r7gd x2gd: medium,metal=- large=1,2 xlarge=1-4 2xlarge=1-8 4xlarge=1-16 8xlarge=1-32
c6g c6gd c7g c7gd c7gn m6g m6gd m7g m7gd r6g r6gd r7g r7gd x2gd: 12xlarge=1-48 16xlarge=1-64
c6gn: medium=1 large=1,2 xlarge=1-4 2xlarge=1-8 4xlarge=1-16 8xlarge=1-32 12xlarge=1-48 16xlarge=1-64
c6i c6id m6i m6id r6i r6id: large=1 xlarge=1,2 2xlarge=2,4 4xlarge=2-8/2 8xlarge=2-16/2 12xlarge=2-24/2 16xlarge=2-32/2 24xlarge=2-48/2
c6i c6id m6i m6id r6i r6id: 32xlarge=2-64/2 metal=-
c6in m6idn m6in r6idn r6in: large=1 xlarge=1,2 2xlarge=1-4 4xlarge=1-8 8xlarge=1-16 12xlarge=1-24 16xlarge=1-32 24xlarge=4-48/2 32xlarge=4-64/2
c6in m6idn m6in r6idn r6in: metal=-
c7a m7a r7a: medium,metal-48xl=- large=1,2 xlarge=1-4 2xlarge=1-8 4xlarge=1,2-16/2 8xlarge=1-4,8-32/4 12xlarge=1-6,12-48/6 16xlarge=1-8,16-64/8
c7a m7a r7a: 24xlarge=1-12,24-96/12 32xlarge=4-16/2,32-128/16 48xlarge=4-24/2,48-192/24
c7i m7i r7i: large=1 xlarge=1,2 2xlarge=1-4 4xlarge=1-8 8xlarge=1-16 12xlarge=1-24 16xlarge=1-32 24xlarge=1-48 48xlarge=4-96/2 metal-24xl,metal-48xl=-
c7i-flex m7i-flex: large=1 xlarge=1,2 2xlarge=1-4 4xlarge=1-8 8xlarge=1-16 12xlarge=1-24 16xlarge=1-32
c8g c8gd m8g m8gd r8g r8gd x8g: medium,metal-24xl,metal-48xl=- large=1,2 xlarge=1-4 2xlarge=1-8 4xlarge=1-16 8xlarge=1-32 12xlarge=1-48 16xlarge=1-64
c8g c8gd m8g m8gd r8g r8gd x8g: 24xlarge=1-96 48xlarge=4-192/2
d2: xlarge=1,2 2xlarge=1-4 4xlarge=1-8 8xlarge=2-18/2
d3: xlarge=1,2 2xlarge=2,4 4xlarge=2-8/2 8xlarge=2-16/2
d3en: xlarge=1,2 2xlarge=2,4 4xlarge=2-8/2 6xlarge=2-12/2 8xlarge=2-16/2 12xlarge=2-24/2
dl1 p4d p4de: 24xlarge=2-48/2
f1: 2xlarge=1-4 4xlarge=1-8 16xlarge=2-32/2
f2: 6xlarge=1-3,6-12/3 12xlarge=1-3,6-24/3 48xlarge=4-12/2,24-96/12
g3: 4xlarge=1-8 8xlarge=1-16 16xlarge=2-32/2
g3s: xlarge=1,2
g4ad: xlarge=2 2xlarge=2,4 4xlarge=2,4,8 8xlarge=2,4,8,16 16xlarge=2,4,8,16,32
g4dn: xlarge=2 2xlarge=2,4 4xlarge=2-8/2 8xlarge=2-16/2 12xlarge=2-24/2 16xlarge=2-32/2 metal=-
g5: xlarge,2xlarge,4xlarge,8xlarge,12xlarge,16xlarge,24xlarge,48xlarge=-
g5g: xlarge=1-4 2xlarge=1-8 4xlarge=1-16 8xlarge=1-32 16xlarge=1-64 metal=-
g6: xlarge=1,2 2xlarge=1-4 4xlarge=1-8 8xlarge=1,2-16/2 12xlarge=1-3,6-24/3 16xlarge=1-4,8-32/4 24xlarge=1-6,12-48/6 48xlarge=4-12/2,24-96/12
g6e: xlarge=1,2 2xlarge=1-4 4xlarge=1-8 8xlarge=2-16/2 12xlarge=3-24/3 16xlarge=4-32/4 24xlarge=6-48/6 48xlarge=12-96/12
gr6: 4xlarge=1-8 8xlarge=1,2-16/2
h1: 2xlarge=1-4 4xlarge=1-8 8xlarge=1-16 16xlarge=2-32/2
hpc6a: 48xlarge=-
hpc6id: 32xlarge=4-64/2
hpc7a: 12xlarge,24xlarge,48xlarge,96xlarge=-
hpc7g: 4xlarge,8xlarge,16xlarge=-
i2: xlarge=1,2 2xlarge=1-4 4xlarge=1-8 8xlarge=2-16/2
i3: large=1 xlarge=1,2 2xlarge=1-4 4xlarge=1-8 8xlarge=1-16 16xlarge=2-32/2 metal=-
i3en: large=1 xlarge=1,2 2xlarge=2,4 3xlarge=2-6/2 6xlarge=2-12/2 12xlarge=2-24/2 24xlarge=2-48/2 metal=-
i4g im4gn: large=1,2 xlarge=1-4 2xlarge=1-8 4xlarge=1-16 8xlarge=1-32 16xlarge=1-64
i4i: large=1 xlarge=1,2 2xlarge=1-4 4xlarge=1-8 8xlarge=1-16 12xlarge=1-24 16xlarge=2-32/2 24xlarge=2-48/2 32xlarge=2-64/2 metal=-
i7ie: large=1 xlarge=1,2 2xlarge=1-4 3xlarge=1-6 6xlarge=1-12 12xlarge=1-24 18xlarge=1-36 24xlarge=1-48 48xlarge=4-96/2 metal-24xl,metal-48xl=-
i8g: large=1,2 xlarge=1-4 2xlarge=1-8 4xlarge=1-16 8xlarge=1-32 12xlarge=1-48 16xlarge=1-64 24xlarge=1-96 48xlarge=4-192/2 metal-24xl=-
inf1: xlarge=2 2xlarge=2,4 6xlarge=2-12/2 24xlarge=2-48/2
inf2: xlarge=1,2 8xlarge=4-16/2 24xlarge=4-16/2,32,48 48xlarge=4-32/4,64,96
is4gen: medium=1 large=1,2 xlarge=1-4 2xlarge=1-8 4xlarge=1-16 8xlarge=1-32
m1: small,medium,large,xlarge=-
m2: xlarge=1,2 2xlarge=1-4 4xlarge=1-8
m3: medium=- large=1 xlarge=1,2 2xlarge=1-4
m4: large=1 xlarge=1,2 2xlarge=1-4 4xlarge=1-8 10xlarge=2-20/2 16xlarge=2-32/2
m5 m5d r5 r5d: large=1 xlarge=2 2xlarge=2,4 4xlarge=2-8/2 8xlarge=2-16/2 12xlarge=2-24/2 16xlarge=2-32/2 24xlarge=4-48/2 metal=-
m5a m5ad r5a r5ad: large=1 xlarge=2 2xlarge=2,4 4xlarge=2-8/2 8xlarge=4-16/2 12xlarge=6-24/6 16xlarge=8-32/2 24xlarge=12-24/6,36,48
m5dn m5n r5b r5dn r5n: large=1 xlarge=1,2 2xlarge=2,4 4xlarge=2-8/2 8xlarge=2-16/2 12xlarge=2-24/2 16xlarge=2-32/2 24xlarge=2-48/2 metal=-
m5zn: large=1 xlarge=1,2 2xlarge=2,4 3xlarge=2-6/2 6xlarge=2-12/2 12xlarge=2-24/2 metal=-
mac1 mac2 mac2-m1ultra mac2-m2 mac2-m2pro: metal=-
p2: xlarge=1,2 8xlarge=1-16 16xlarge=2-32/2
p3: 2xlarge=1-4 8xlarge=1-16 16xlarge=2-32/2
p3dn: 24xlarge=4-48/2
p5 p5e: 48xlarge=12-96/12
p5en trn2: 48xlarge=4-96/2
r4: large=1 xlarge=1,2 2xlarge=1-4 4xlarge=1-8 8xlarge=1-16 16xlarge=2-32/2
r7iz: large=1 xlarge=1,2 2xlarge=1-4 4xlarge=1-8 8xlarge=1-16 12xlarge=1-24 16xlarge=1-32 32xlarge=4-64/2 metal-16xl,metal-32xl=-
t1: micro=-
t2: nano,micro,small,medium,large,xlarge,2xlarge=-
t3 t3a: nano,micro,small,medium,large=1 xlarge=2 2xlarge=2,4
t4g: nano,micro,small,medium,large=1,2 xlarge=1-4 2xlarge=1-8
trn1: 2xlarge=2,4 32xlarge=2-64/2
trn1n: 32xlarge=2-64/2
u-12tb1 u-18tb1 u-24tb1 u-9tb1: 112xlarge=16-224/8
u-3tb1: 56xlarge=8-112/4
u-6tb1: 56xlarge,112xlarge=16-224/8
u7i-12tb u7in-16tb u7in-24tb u7in-32tb: 224xlarge=16-448/8
u7i-6tb u7i-8tb: 112xlarge=8-224/4
vt1: 3xlarge=6 6xlarge=6,12 24xlarge=6,12,48
x1: 16xlarge=2-32/2 32xlarge=4-64/4
x1e: xlarge=1,2 2xlarge=1-4 4xlarge=1-8 8xlarge=1-16 16xlarge=2-32/2 32xlarge=4-64/4
x2idn: 16xlarge=2-32/2 24xlarge=2-48/2 32xlarge=2-64/2 metal=-
x2iedn: xlarge=1,2 2xlarge=2,4 4xlarge=2-8/2 8xlarge=2-16/2 16xlarge=2-32/2 24xlarge=2-48/2 32xlarge=2-64/2 metal=-
x2iezn: 2xlarge=2,4 4xlarge=2-8/2 6xlarge=2-12/2 8xlarge=2-16/2 12xlarge=2-24/2 metal=-
z1d: large=1 xlarge=1,2 2xlarge=2,4 3xlarge=2-6/2 6xlarge=2-12/2 12xlarge=4-24/2 metal=-
u-6tb1 u-9tb1 u-12tb1 u-18tb1 u-24tb1: metal=-
`)
