package config

import (
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/spf13/viper"
)

// envPrefix starts the names of the environment variables that override scalar
// settings: web.listen_address is BURNISH_WEB_LISTEN_ADDRESS.
const envPrefix = "BURNISH"

// EnvName is the environment variable of a scalar setting with a fixed name.
func EnvName(setting string) string {
	return envPrefix + "_" + strings.ToUpper(strings.ReplaceAll(setting, ".", "_"))
}

// layer lays environment and overrides over what the file said. Only scalar
// settings of fixed names pass through viper, which would lowercase the names
// that users choose.
func layer(cfg *Config, over Overrides, d *decoder) {
	scalars := map[string]reflect.Value{}
	gatherScalars(reflect.ValueOf(cfg).Elem(), "", scalars)
	v := viper.New()
	for setting, field := range scalars {
		v.SetDefault(setting, fmt.Sprint(field.Interface()))
		if err := v.BindEnv(setting, EnvName(setting)); err != nil {
			d.fail(setting, "%v", err)
		}
		if text, ok := os.LookupEnv(EnvName(setting)); ok && text != "" {
			d.origin[setting] = "environment variable " + EnvName(setting)
		}
	}
	for _, setting := range slices.Sorted(maps.Keys(over)) {
		d.origin[setting] = "command line"
		if _, ok := scalars[setting]; !ok {
			d.fail(setting, "no such setting")
			continue
		}
		v.Set(setting, over[setting])
	}
	for setting, field := range scalars {
		if err := setText(field, v.GetString(setting)); err != nil {
			d.fail(setting, "%v", err)
		}
	}
}

// gatherScalars lists the settings that are a single value with a fixed name.
func gatherScalars(v reflect.Value, setting string, into map[string]reflect.Value) {
	for i := range v.NumField() {
		f := v.Field(i)
		tag := v.Type().Field(i).Tag.Get("yaml")
		if tag == notASetting {
			continue
		}
		name := join(setting, tag)
		if f.Kind() == reflect.Struct {
			gatherScalars(f, name, into)
		} else if isScalar(f) {
			into[name] = f
		}
	}
}
