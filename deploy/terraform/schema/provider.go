//go:build ignore

// Command provider is hashicorp/aws to Terraform as far as names and types go: it has the schema of $TF_SCHEMA, and does nothing. With it
// terraform init, validate, and test with mock_provider run where the real one cannot be had. deploy/install-check builds it outside of
// the product's module, which needs none of what this imports.
package main

import (
	"context"
	"encoding/json"
	"log"
	"maps"
	"os"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tfprotov5/tf5server"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

type block struct {
	Least, Most int64
	Attributes  map[string]struct{ Type, Is string }
	Blocks      map[string]block
}

type schema struct{ Resource, Data map[string]block }

var kinds = map[string]tftypes.Type{"string": tftypes.String, "number": tftypes.Number, "bool": tftypes.Bool, "list(string)": tftypes.List{ElementType: tftypes.String},
	"list(number)": tftypes.List{ElementType: tftypes.Number}, "map(string)": tftypes.Map{ElementType: tftypes.String}, "any": tftypes.DynamicPseudoType}

// of turns a block into Terraform's. Optional attributes of a resource are computed as well, since many have a default of AWS's.
func of(b block) *tfprotov5.SchemaBlock {
	out := &tfprotov5.SchemaBlock{}
	for _, name := range slices.Sorted(maps.Keys(b.Attributes)) {
		a := b.Attributes[name]
		out.Attributes = append(out.Attributes, &tfprotov5.SchemaAttribute{Name: name, Type: kinds[a.Type], Required: a.Is == "required", Optional: a.Is == "optional", Computed: a.Is != "required"})
	}
	for _, name := range slices.Sorted(maps.Keys(b.Blocks)) {
		inner := b.Blocks[name]
		out.BlockTypes = append(out.BlockTypes, &tfprotov5.SchemaNestedBlock{TypeName: name, Block: of(inner), Nesting: tfprotov5.SchemaNestedBlockNestingModeList, MinItems: inner.Least, MaxItems: inner.Most})
	}
	return out
}

type provider struct {
	tfprotov5.ProviderServer // what is not written here is never called, since nothing is planned with it
	schema
}

func (p provider) GetMetadata(context.Context, *tfprotov5.GetMetadataRequest) (*tfprotov5.GetMetadataResponse, error) {
	out := &tfprotov5.GetMetadataResponse{}
	for name := range p.Resource {
		out.Resources = append(out.Resources, tfprotov5.ResourceMetadata{TypeName: name})
	}
	for name := range p.Data {
		out.DataSources = append(out.DataSources, tfprotov5.DataSourceMetadata{TypeName: name})
	}
	return out, nil
}

func (p provider) GetProviderSchema(context.Context, *tfprotov5.GetProviderSchemaRequest) (*tfprotov5.GetProviderSchemaResponse, error) {
	out := &tfprotov5.GetProviderSchemaResponse{ResourceSchemas: map[string]*tfprotov5.Schema{}, DataSourceSchemas: map[string]*tfprotov5.Schema{},
		Provider: &tfprotov5.Schema{Block: &tfprotov5.SchemaBlock{Attributes: []*tfprotov5.SchemaAttribute{{Name: "region", Type: tftypes.String, Optional: true}}}}}
	for name, b := range p.Resource {
		out.ResourceSchemas[name] = &tfprotov5.Schema{Block: of(b)}
	}
	for name, b := range p.Data {
		out.DataSourceSchemas[name] = &tfprotov5.Schema{Block: of(b)}
	}
	return out, nil
}

func (provider) PrepareProviderConfig(_ context.Context, r *tfprotov5.PrepareProviderConfigRequest) (*tfprotov5.PrepareProviderConfigResponse, error) {
	return &tfprotov5.PrepareProviderConfigResponse{PreparedConfig: r.Config}, nil
}

func (provider) ValidateResourceTypeConfig(context.Context, *tfprotov5.ValidateResourceTypeConfigRequest) (*tfprotov5.ValidateResourceTypeConfigResponse, error) {
	return &tfprotov5.ValidateResourceTypeConfigResponse{}, nil
}

func (provider) ValidateDataSourceConfig(context.Context, *tfprotov5.ValidateDataSourceConfigRequest) (*tfprotov5.ValidateDataSourceConfigResponse, error) {
	return &tfprotov5.ValidateDataSourceConfigResponse{}, nil
}

func (provider) StopProvider(context.Context, *tfprotov5.StopProviderRequest) (*tfprotov5.StopProviderResponse, error) {
	return &tfprotov5.StopProviderResponse{}, nil
}

func main() {
	raw, err := os.ReadFile(os.Getenv("TF_SCHEMA"))
	if err != nil {
		log.Fatal(err)
	}
	p := provider{}
	if err := json.Unmarshal(raw, &p.schema); err != nil {
		log.Fatal(err)
	}
	if err := tf5server.Serve("hashicorp/aws", func() tfprotov5.ProviderServer { return p }); err != nil {
		log.Fatal(err)
	}
}
