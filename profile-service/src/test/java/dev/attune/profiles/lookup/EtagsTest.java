package dev.attune.profiles.lookup;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class EtagsTest {
  @Test
  void tag_differs_whereAnAnswerMayDiffer() {
    String id = "0123456789abcdef0123456789abcdef";
    Selection other =
        new Selections(dev.attune.core.definition.Definitions.NONE).of("", List.of("audiences"));
    Set<String> tags = new HashSet<>();
    tags.add(Etags.of(id, 7, 1, Selection.WHOLE, 0, 0));
    tags.add(Etags.of("f" + id, 7, 1, Selection.WHOLE, 0, 0));
    tags.add(Etags.of(id, 8, 1, Selection.WHOLE, 0, 0));
    tags.add(Etags.of(id, 7, 2, Selection.WHOLE, 0, 0));
    tags.add(Etags.of(id, 7, 1, other, 0, 0));
    tags.add(Etags.of(id, 7, 1, Selection.WHOLE, 1, 0));
    tags.add(Etags.of(id, 7, 1, Selection.WHOLE, 0, 1));
    assertThat(tags).hasSize(7).allMatch(tag -> tag.matches("\"[!#-~]{1,200}\""));
  }

  @Test
  void matches_readsAListAsInIfNoneMatch() {
    assertThat(Etags.matches("", "\"a\"")).isFalse();
    assertThat(Etags.matches("\"a\"", "\"a\"")).isTrue();
    assertThat(Etags.matches("\"b\" , W/\"a\"", "\"a\"")).isTrue();
    assertThat(Etags.matches("*", "\"a\"")).isTrue();
    assertThat(Etags.matches("a", "\"a\"")).isFalse();
    assertThat(Etags.matches("\"aa\"", "\"a\"")).isFalse();
  }
}
