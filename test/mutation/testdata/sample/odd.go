package sample

import (
	"cmp"
	"sync"
)

// What follows must compile with its mutants; none of it is called by a test.

type flag bool

type number uint8

const big = 5 > 3 && 2 < 1

func named(a, b flag, n number) flag {
	c := a && b || flag(n > 3)
	return !c && n != 0
}

func generic[T cmp.Ordered, N ~int | ~string](x, y T, n N, p *int) bool {
	if x < y && p != nil && *p > 2 {
		return x == y || n < n
	}
	return big
}

func shifted(s uint, n int64) bool { return 1<<s > n && n > 1<<s }

func terminals(n int) (out int, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = ErrOdd
			return
		}
	}()
	switch {
	case n > 1:
		return 1, nil
	case n < 0:
		panic("negative")
	default:
		if n == 0 {
			return 0, nil
		} else if n == 1 {
			out = 1
			return out, err
		} else {
			return 2, ErrOdd
		}
	}
}

func forever(c chan int, m map[string][]int) (n int) {
	var mu sync.Mutex
	mu.Lock()
	defer mu.Unlock()
outer:
	for {
		select {
		case v := <-c:
			if v < 0 {
				break outer
			}
			m["a"] = append(m["a"], v)
			continue outer
		default:
		}
		for i := range 3 {
			if i == 1 || i > 2 {
				continue
			}
			n++
			c <- i
		}
		go func() { n-- }()
		if _, err := halve(n); err != nil {
			delete(m, "a")
			break
		}
		_ = n
		_, n = n, 2
	}
	for {
		if n > 5 {
			return n
		}
		n++
	}
}

var pointers = []*rule{{name: "a"}, {name: "b"}}

var keyed = []rule{1: {name: "b"}, 0: {name: "a"}}

var literal = func(n int) bool { return n <= 3 && pointers[0].name < "b" && keyed[0].name >= "a" }
