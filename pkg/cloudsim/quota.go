package cloudsim

import (
	"cmp"
	"strings"
)

// QuotaClass is a class of families that share an account's vCPU quota (EC2 user guide, "Amazon EC2 service quotas"). On-demand and spot have
// a quota each.
type QuotaClass string

// The classes, named as Service Quotas names them.
const (
	QuotaStandard   QuotaClass = "Standard" // A, C, D, H, I, M, R, T, Z
	QuotaF          QuotaClass = "F"
	QuotaGVT        QuotaClass = "G and VT"
	QuotaInf        QuotaClass = "Inf"
	QuotaP          QuotaClass = "P"
	QuotaTrn        QuotaClass = "Trn"
	QuotaX          QuotaClass = "X"
	QuotaDL         QuotaClass = "DL"
	QuotaHPC        QuotaClass = "HPC"
	QuotaHighMemory QuotaClass = "High Memory"
	QuotaMac        QuotaClass = "Mac" // of Dedicated Hosts, not of vCPUs
)

type quotaKey struct {
	class QuotaClass
	spot  bool
}

// QuotaClassOf is the class of an instance type's family: the letters before its generation decide.
func QuotaClassOf(typ string) QuotaClass {
	family, _, _ := strings.Cut(typ, ".")
	letters := family[:cmp.Or(strings.IndexAny(family+"0", "0123456789-"), len(family))]
	switch {
	case letters == "f":
		return QuotaF
	case letters == "g" || letters == "gr" || letters == "vt":
		return QuotaGVT
	case letters == "inf":
		return QuotaInf
	case letters == "p":
		return QuotaP
	case letters == "trn":
		return QuotaTrn
	case letters == "x":
		return QuotaX
	case letters == "dl":
		return QuotaDL
	case letters == "hpc":
		return QuotaHPC
	case letters == "u" || letters == "":
		return QuotaHighMemory
	case letters == "mac":
		return QuotaMac
	}
	return QuotaStandard
}

// SetQuota sets how many vCPUs of a class may run at once, as spot or on demand. A negative number lifts the limit; none is set at first.
func (c *Cloud) SetQuota(class QuotaClass, spot bool, vcpus int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.quotas == nil {
		c.quotas = map[quotaKey]int{}
	}
	if key := (quotaKey{class, spot}); vcpus < 0 {
		delete(c.quotas, key)
	} else {
		c.quotas[key] = vcpus
	}
}

// QuotaUsed is how many vCPUs of a class are pending or running, as spot or on demand. An instance counts with the vCPUs of its type.
func (c *Cloud) QuotaUsed(class QuotaClass, spot bool) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.quotaUsed(quotaKey{class, spot})
}

func (c *Cloud) quotaUsed(key quotaKey) int {
	sum := 0
	for _, i := range c.instances {
		if i.live() && i.spot == key.spot && QuotaClassOf(i.typ) == key.class {
			sum += c.types[i.typ].VCPU
		}
	}
	return sum
}

// withinQuota tells whether one more instance of a type fits.
func (c *Cloud) withinQuota(typ string, spot bool) bool {
	if len(c.quotas) == 0 {
		return true
	}
	key := quotaKey{QuotaClassOf(typ), spot}
	most, set := c.quotas[key]
	return !set || c.quotaUsed(key)+c.types[typ].VCPU <= most
}

// quotaRefusal is what EC2 answers beyond a quota: two codes, and neither text names the class (public reports of both).
func (c *Cloud) quotaRefusal(typ string, spot bool) (code, text string) {
	if spot {
		return "MaxSpotInstanceCountExceeded", "Max spot instance count exceeded"
	}
	most := c.quotas[quotaKey{QuotaClassOf(typ), false}]
	return "VcpuLimitExceeded", vcpuLimitText(most)
}
