package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"autospotting/deploy/cfn"
	"autospotting/deploy/stack"
)

// send says how CloudFormation gets a template: from the bucket, or in the request where there is none yet. A template that is only
// lent is taken out of the bucket again by takeBack.
func (s *site) send(ctx context.Context, home, name string, lend bool) (w cfn.Wanted, takeBack func() error, err error) {
	takeBack = func() error { return nil }
	if home == "" {
		w, err = inline(name)
		return w, takeBack, err
	}
	text, err := stack.Template(name)
	if err != nil {
		return w, takeBack, err
	}
	b := s.bucketNamed(home)
	w.Template = string(text)
	if !lend {
		key, err := b.PutTemplate(ctx, name, text)
		w.TemplateURL = s.address(home, key)
		return w, takeBack, err
	}
	lent, err := b.LendTemplate(ctx, name, text)
	if err != nil {
		return w, takeBack, err
	}
	w.TemplateURL = s.address(home, lent.Key)
	return w, func() error { return b.TakeBack(context.WithoutCancel(ctx), lent) }, nil // also after ^C
}

// inline is a template in the request itself.
func inline(name string) (cfn.Wanted, error) {
	text, err := stack.Inline(name)
	if err == nil {
		err = fits(name, len(text))
	}
	return cfn.Wanted{Template: text}, err
}

// fits tells whether a request takes a template of so many bytes.
func fits(name string, bytes int) error {
	if bytes <= stack.MaxInline {
		return nil
	}
	return fmt.Errorf("template %s has %d bytes, and a request takes %d: it goes by the artefact bucket, which is not there yet: make it with spotctl upload, then run this again", name, bytes, stack.MaxInline)
}

// standing is the bucket that there is already; empty where there is none.
func (s *site) standing(ctx context.Context) (string, error) {
	main, err := s.main().Look(ctx)
	if err != nil {
		return "", err
	}
	made, err := s.artifacts().Look(ctx)
	if err != nil {
		return "", err
	}
	if home, err := s.owners(ctx, main); err != nil || home != "" {
		return home, err
	}
	return made.Outputs["BucketName"], nil
}

// validate lets CloudFormation read a template.
func (s *site) validate(ctx context.Context, home, name string) error {
	w, takeBack, err := s.send(ctx, home, name, true)
	if err != nil {
		return err
	}
	in := &cloudformation.ValidateTemplateInput{TemplateBody: &w.Template}
	if w.TemplateURL != "" {
		in = &cloudformation.ValidateTemplateInput{TemplateURL: &w.TemplateURL}
	}
	_, err = s.cloudformation.ValidateTemplate(ctx, in)
	return errors.Join(err, takeBack())
}
