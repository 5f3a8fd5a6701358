package dev.attune.store.near;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.definition.Yaml;
import dev.attune.core.profile.Identifier;
